"""Inductor ahead of time: `torch.export` -> AOTInductor with freezing -> a `.pt2` package, loaded back.

To the graph: one C++ (CPU) or Triton (CUDA) program for all lengths; weights are constants, packed for the processor,
linear layers of one input are one, and what hangs on weights alone is computed once, when it is built
(`jitgate.engines.graph.hoisting`), for up to 256 MiB more.
Relative shifts become views (`jitgate.engines.graph.relative_shift`), masks numbers to add
(`jitgate.engines.graph.additive_mask`). Needs: a C++ compiler to build; none to load.
Can't go: data-dependent control flow; what one call runs several times (`jitgate.engines.graph.repetition`); autocast;
every plain argument and every size 0 or 1 is fixed in the package.
Source: torch.export and torch._inductor.aoti_compile_and_package (PyTorch documentation, "AOTInductor").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.engines.capture import captured
from jitgate.engines.compiler import missing_compiler
from jitgate.engines.graph.additive_mask import added
from jitgate.engines.graph.hoisting import hoisted
from jitgate.engines.graph.relative_shift import unpadded
from jitgate.engines.graph.repetition import repeated
from jitgate.engines.protocols import Facts, Runner
from jitgate.engines.refusal import refusing
from jitgate.engines.remembered import needed_by_program
from jitgate.engines.scratch import unpacking
from jitgate.engines.self_checking import SelfCheckingRunner
from jitgate.model.errors import Unavailable
from jitgate.model.inputs import Inputs

if TYPE_CHECKING:
    import torch

CONFIGS: Mapping[str, object] = {"freezing": True, "cpp.enable_concat_linear": True}
"""What inductor is told for every package; part of its key. The second makes one of linear layers that read the same
(query, key, value), as happens on a card by itself."""


class Inductor:
    suffix = ".pt2"
    per_signature = True

    def options(self) -> Mapping[str, object]:
        return {"recipe": "export,hoist,unpad,add,aoti", **CONFIGS}

    def unavailable(self) -> str | None:
        return missing_compiler()

    def export(self, module: torch.nn.Module, calls: Sequence[Inputs], path: Path) -> Facts:
        import torch
        from torch._inductor import aoti_compile_and_package

        if often := ", ".join(repeated(module)):
            raise Unavailable(
                f"one call of this model runs {often} several times, which torch 2.13's ahead-of-time code can't hold "
                "once (`codegen invoke_subgraph is not implemented for cpp wrapper`), and would hold as often as it "
                "is called; take compile, or a workload of that module alone"
            )
        program = captured(module, calls)
        hoisted(program)
        unpadded(program)
        added(program)
        needs = needed_by_program(program)
        with torch.no_grad(), refusing("inductor"):
            aoti_compile_and_package(program, package_path=str(path), inductor_configs=dict(CONFIGS))
        return needs

    def load(self, path: Path, device: str, facts: Facts) -> Runner:  # noqa: ARG002 - nothing to check
        from torch._inductor import aoti_load_package

        with unpacking():
            return Packaged(aoti_load_package(str(path)), device)


class Packaged(SelfCheckingRunner):
    """Runs what `torch._inductor.aoti_load_package` gave. A package is compiled for good: it never recompiles."""

    def __init__(self, package: Any, device: str) -> None:
        self.package = package
        self._kind = device.split(":", maxsplit=1)[0]

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        return self.package(*inputs, **named)

    def proof(self) -> str | None:
        loader: Any = getattr(self.package, "loader", None)
        if type(loader).__name__ != "AOTIModelPackageLoader":
            return f"a {type(self.package).__name__} was loaded, which holds no compiled package"
        built_for = loader.get_metadata().get("AOTI_DEVICE_KEY")
        if built_for is not None and built_for != self._kind:
            return f"the package was compiled for {built_for}, and this is {self._kind}"
        return None
