"""TorchScript: `script` -> `freeze` -> save, and load what was saved, because that is what ships.

To the graph: Python control flow becomes an interpreter's, weights become constants, dropout goes; on CUDA linears that
share an input are merged. At load the profiling executor specialises on the first shapes it sees.
Needs: nothing but torch; TorchScript is deprecated and not supported on Python 3.14 and later.
Source: torch.jit.freeze, torch.jit.save (PyTorch documentation).
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from perf.variants.scripted import Scripted
from perf.variants.variant import Call, Facts
from perf.workloads.workload import Inputs

if TYPE_CHECKING:
    import torch


class TorchScript:
    """Engine `torchscript`."""

    suffix = ".zip"  # what CosyVoice's load_jit looks for
    per_signature = False

    def options(self) -> Mapping[str, object]:
        return {"recipe": "script,freeze"}

    def unavailable(self) -> str | None:
        if sys.version_info >= (3, 14):
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            return f"TorchScript is not supported on Python {version}; use Python 3.11 to 3.13"
        return None

    def export(self, module: torch.nn.Module, calls: Sequence[Inputs], path: Path) -> Facts:  # noqa: ARG002
        import torch

        with _deprecation_known():  # `calls` are not needed: a scripted graph serves all inputs
            frozen = torch.jit.freeze(torch.jit.script(module.eval()))
            torch.jit.save(frozen, str(path))
        return {"signature": _signature(frozen)}

    def load(self, path: Path, device: str, facts: Facts) -> Call:
        import torch

        with _deprecation_known():
            loaded = torch.jit.load(str(path), map_location=device)  # type: ignore[no-untyped-call]
        if not isinstance(loaded, torch.jit.ScriptModule):
            raise RuntimeError(  # noqa: TRY004 - the file is at fault, not the type of an argument
                f"{path.name} loaded as {type(loaded).__name__}, not as a ScriptModule: this would measure eager code"
            )
        signature = _signature(loaded)
        if signature != facts.get("signature", signature):
            raise RuntimeError(f"{path.name} takes {signature}, but {facts['signature']} was exported")
        if not any(True for _ in loaded.graph.nodes()):
            raise RuntimeError(f"the graph in {path.name} is empty: there is nothing to execute")
        return Scripted(loaded)


def _signature(module: torch.jit.ScriptModule) -> str:
    """Argument names and types of `forward`, without the module's own mangled type."""
    schema = module.forward.schema  # type: ignore[attr-defined]  # a compiled method has it
    return ", ".join(f"{argument.name}: {argument.type}" for argument in schema.arguments[1:])


@contextmanager
def _deprecation_known() -> Iterator[None]:
    """torch 2.13 warns of every torch.jit function; a user who asked for this variant can't act on it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*torch\.jit\..*", category=DeprecationWarning)
        yield
