"""Inductor ahead of time: `torch.export` -> AOTInductor with freezing -> a `.pt2` package, loaded back.

To the graph: one C++ (CPU) or Triton (CUDA) program for all lengths; weights are constants, packed for the processor.
Needs: a C++ compiler to build; none to load.
Can't go: data-dependent control flow; every plain argument and every size 0 or 1 is fixed in the package.
Source: torch.export and torch._inductor.aoti_compile_and_package (PyTorch documentation, "AOTInductor").
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perf.variants.packaged import Packaged
from perf.variants.variant import Call, Facts
from perf.workloads.workload import Inputs

if TYPE_CHECKING:
    import torch


class Inductor:
    """Engine `inductor`."""

    suffix = ".pt2"
    per_signature = True

    def options(self) -> Mapping[str, object]:
        return {"recipe": "export,aoti", "freezing": True}

    def unavailable(self) -> str | None:
        named = os.environ.get("CXX")
        if any(shutil.which(name) for name in ([named] if named else ["c++", "g++", "clang++", "cl"])):
            return None
        return (
            "inductor needs a C++ compiler (g++, clang++ or MSVC's cl on the PATH, or CXX) and finds none; install one"
        )

    def export(self, module: torch.nn.Module, calls: Sequence[Inputs], path: Path) -> Facts:
        import torch
        from torch._inductor import aoti_compile_and_package

        with torch.no_grad():
            program = torch.export.export(module, calls[0], dynamic_shapes=free_sizes(calls))
            aoti_compile_and_package(program, package_path=str(path), inductor_configs={"freezing": True})
        return {}

    def load(self, path: Path, device: str, facts: Facts) -> Call:  # noqa: ARG002 - nothing to check
        from torch._inductor import aoti_load_package

        return Packaged(aoti_load_package(str(path)), device)


def free_sizes(calls: Sequence[Inputs]) -> tuple[Any, ...]:
    """`dynamic_shapes` for `torch.export`: free is what differs among the calls; the rest is fixed."""
    import torch
    from torch.utils import _pytree

    def free(leaf: Any, *others: Any) -> Any:
        if not isinstance(leaf, torch.Tensor):
            return None
        shapes = [tuple(other.shape) for other in (leaf, *others)]
        return {
            axis: torch.export.Dim.DYNAMIC
            for axis, sizes in enumerate(zip(*shapes, strict=True))
            if len(set(sizes)) > 1
        } or None

    return tuple(_pytree.tree_map(free, calls[0], *calls[1:]))
