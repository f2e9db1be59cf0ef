"""`torch.export`: the graph of a module that inductor, ONNX and CUDA graphs start from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jitgate.engines.graph.repetition import compiled_once
from jitgate.engines.refusal import refusing
from jitgate.model.inputs import Inputs

if TYPE_CHECKING:
    import torch
    from torch.export import ExportedProgram


def captured(module: torch.nn.Module, calls: Sequence[Inputs]) -> ExportedProgram:
    """One graph that serves all `calls`; Unavailable where torch.export can't follow the module.

    What the module names as `repeated` is a graph of its own, called several times; only dynamo, which `strict` asks
    for, writes it so.
    """
    import torch

    strict = compiled_once(module) > 0
    with torch.no_grad(), refusing("torch.export"):
        return torch.export.export(module, calls[0], dynamic_shapes=free_sizes(calls), strict=strict)


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
