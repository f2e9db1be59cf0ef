"""TorchScript: `script` -> `freeze` -> save, and load what was saved, because that is what ships.

To the graph: Python control flow becomes an interpreter's, weights become constants, dropout goes; on CUDA linears that
share an input are merged. `+ofi` adds `optimize_for_inference`: on a CPU float32 linears and convolutions become
oneDNN's; what remains of linears becomes a product and a sum, on CUDA more kernels than before. `+original` is the
recipe of vendors that export ahead of time: `+ofi`, in a process whose profiling executor is off and whose fusion is
static; such switches are not kept in the file, and the process that loads it has torch's defaults. `+trace` records one
call in place of reading code (`engines/traced.py`). At load the profiling executor specialises on the first shapes it
sees.
Needs: nothing but torch; TorchScript is deprecated and not supported on Python 3.14 and later.
Can't go: Python that it does not read, as in transformers, for which there is `+trace`; with that one, control flow
that depends on data.
Source: torch.jit.freeze, torch.jit.trace, torch.jit.optimize_for_inference, torch.jit.save (PyTorch documentation).
"""

from __future__ import annotations

import contextlib
import pkgutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.engines.protocols import Facts, Runner
from jitgate.engines.refusal import FOLD, refusing
from jitgate.engines.remembered import needed, operators_of
from jitgate.engines.scripted import Scripted
from jitgate.engines.traced import Traced, traced
from jitgate.model.errors import Unavailable
from jitgate.model.inputs import Inputs

if TYPE_CHECKING:
    import torch


NOT_SCRIPTED = "Parametrization is not working with scripting"
"""torch's own words, which it says in the first call alone: the export has no fault."""


class TorchScript:
    """Engine `torchscript`. ofi: optimise for inference. switches: export as the original's script does. trace: record
    a call; a file then serves one signature."""

    suffix = ".zip"

    def __init__(self, *, ofi: bool = False, switches: bool = False, trace: bool = False) -> None:
        self._ofi = ofi
        self._switches = switches
        self._trace = trace
        self.per_signature = trace

    def options(self) -> Mapping[str, object]:
        if self._trace:
            return {"recipe": "trace,freeze"}
        recipe = "script,freeze,optimize_for_inference" if self._ofi else "script,freeze"
        return {"recipe": f"{recipe} with the original's switches" if self._switches else recipe}

    def unavailable(self) -> str | None:
        return None  # the catalogue knows the last Python that has it

    def export(self, module: torch.nn.Module, calls: Sequence[Inputs], path: Path) -> Facts:
        import torch
        from torch.nn.utils.prune import is_pruned

        if self._trace:
            with deprecation_known():
                recorded, wiring = traced(module.eval(), calls)
                frozen = torch.jit.freeze(recorded.eval())
                torch.jit.save(frozen, str(path))
            return {"signature": signature(frozen), **wiring}
        # `calls` are not needed: a scripted graph serves all inputs
        with deprecation_known(), _original_switches() if self._switches else contextlib.nullcontext():
            if any(map(torch.nn.utils.parametrize.is_parametrized, module.modules())):
                raise Unavailable(
                    f"TorchScript can't carry parametrised weights, as of weight norm ({NOT_SCRIPTED}); {FOLD}"
                )
            if is_pruned(module):
                raise Unavailable(
                    "TorchScript can't carry pruned weights, which are computed in every call; fold the mask into them "
                    "in your factory, with torch.nn.utils.prune.remove"
                )
            # It compiles a forward once for all layers of a class that are alike otherwise, in all models of a process.
            if own := [name or "the module" for name, layer in module.named_modules() if "forward" in vars(layer)]:
                raise Unavailable(
                    f"TorchScript takes the forward of a class, and {own[0]} has one of its own; give it a class of "
                    "its own, or take torchscript+trace, which records a call"
                )
            try:
                with refusing("TorchScript"):
                    scripted = torch.jit.script(module.eval())
            except Unavailable as refusal:
                raise Unavailable(f"{refusal}, or take torchscript+trace, which records a call") from refusal
            with refusing("TorchScript"):
                frozen = torch.jit.freeze(scripted)
                if self._ofi:
                    frozen = torch.jit.optimize_for_inference(frozen)
            torch.jit.save(frozen, str(path))
        return {"signature": signature(frozen), **needed([], operators_of(frozen))}

    def load(self, path: Path, device: str, facts: Facts) -> Runner:
        import torch

        with deprecation_known():
            loaded = torch.jit.load(str(path), map_location=device)  # type: ignore[no-untyped-call]
        if not isinstance(loaded, torch.jit.ScriptModule):
            raise RuntimeError(  # noqa: TRY004 - the file is at fault, not the type of an argument
                f"{path.name} loaded as {type(loaded).__name__}, not as a ScriptModule: this would measure eager code"
            )
        called = facts.get("called", "forward")
        found = signature(loaded, called)
        if found != facts.get("signature", found):
            wanted = "the vendor's own code calls it with" if "called" in facts else "what was exported takes"
            raise RuntimeError(f"{called} of {path.name} takes {found or 'nothing'}, but {wanted} {facts['signature']}")
        if not any(True for _ in getattr(loaded, called).graph.nodes()):
            raise RuntimeError(f"the graph in {path.name} is empty: there is nothing to execute")
        if facts.get("wrapper"):
            with deprecation_known():
                loaded = torch.jit.script(pkgutil.resolve_name(facts["wrapper"])(loaded).eval())
        return Traced(loaded, facts) if self._trace else Scripted(loaded)


def signature(module: torch.jit.ScriptModule, method: str = "forward") -> str:
    """Argument names and types of `method`, without the module's own mangled type; empty where there is none."""
    schema = getattr(getattr(module, method, None), "schema", None)
    return ", ".join(f"{argument.name}: {argument.type}" for argument in schema.arguments[1:]) if schema else ""


@contextmanager
def _original_switches() -> Iterator[None]:
    """No profiling executor, one static specialisation; as they were afterwards, since they are the process's."""
    import torch

    fusion = torch._C._jit_set_fusion_strategy([("STATIC", 1)])
    mode = torch._C._jit_set_profiling_mode(False)
    executor = torch._C._jit_set_profiling_executor(False)
    try:
        yield
    finally:
        torch._C._jit_set_profiling_executor(executor)
        torch._C._jit_set_profiling_mode(mode)
        torch._C._jit_set_fusion_strategy(fusion)


@contextmanager
def deprecation_known() -> Iterator[None]:
    """torch 2.13 warns of every torch.jit function; if you asked for this variant, you can't act on it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*torch\.jit\..*", category=DeprecationWarning)
        yield
