"""Inductor ahead of time: `torch.export` -> AOTInductor with freezing -> a `.pt2` package, loaded back.

To the graph: one C++ (CPU) or Triton (CUDA) program for all lengths; weights are constants, packed for the processor.
Needs: a C++ compiler to build; none to load.
Can't go: data-dependent control flow; autocast; every plain argument and every size 0 or 1 is fixed in the package.
Source: torch.export and torch._inductor.aoti_compile_and_package (PyTorch documentation, "AOTInductor").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perf.variants.capture import captured
from perf.variants.compiler import missing_compiler
from perf.variants.evidence import Witnessed
from perf.variants.refusal import refusing
from perf.variants.variant import Call, Facts
from perf.workloads.workload import Inputs

if TYPE_CHECKING:
    import torch

CONFIGS: Mapping[str, object] = {"freezing": True}
"""What inductor is told for every package; part of its key."""


class Inductor:
    """Engine `inductor`."""

    suffix = ".pt2"
    per_signature = True

    def options(self) -> Mapping[str, object]:
        return {"recipe": "export,aoti", **CONFIGS}

    def unavailable(self) -> str | None:
        return missing_compiler()

    def export(self, module: torch.nn.Module, calls: Sequence[Inputs], path: Path) -> Facts:
        import torch
        from torch._inductor import aoti_compile_and_package

        program = captured(module, calls)
        with torch.no_grad(), refusing("inductor", "OperatorIssue"):
            aoti_compile_and_package(program, package_path=str(path), inductor_configs=dict(CONFIGS))
        return {}

    def load(self, path: Path, device: str, facts: Facts) -> Call:  # noqa: ARG002 - the package names its device
        from torch._inductor import aoti_load_package

        return Witnessed(aoti_load_package(str(path)), proof=_is_package)


def _is_package(call: object) -> str | None:
    """What is called instead of a package's compiled code; None where it is that."""
    loader = getattr(call, "loader", None)
    if hasattr(loader, "boxed_run") or hasattr(loader, "run"):
        return None
    return f"inductor: {type(call).__name__} is called, and no package of AOTInductor"
