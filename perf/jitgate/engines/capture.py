"""`torch.export`: the graph of a module that inductor, ONNX and CUDA graphs start from."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jitgate.engines.graph.repetition import compiled_once
from jitgate.engines.refusal import refusing
from jitgate.model.inputs import Inputs, arguments

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
        args, kwargs = arguments(calls[0])
        taken = module if strict else explicit(module, calls[0])
        return torch.export.export(taken, args, kwargs, dynamic_shapes=free_sizes(calls, taken), strict=strict)


def explicit(module: torch.nn.Module, inputs: Inputs) -> torch.nn.Module:
    """`module`, or one that runs it whose `forward` names every argument of `inputs`, where the module's own has
    `*args` or `**kwargs`: torch.export 2.13 looks for the free sizes of these under two names."""
    import torch

    parameter = inspect.Parameter
    order = inspect.signature(module.forward)
    if not any(each.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) for each in order.parameters.values()):
        return module
    args, kwargs = arguments(inputs)

    def forward(self: Any, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    names = [
        parameter("self", parameter.POSITIONAL_ONLY),
        *(parameter(f"argument_{number}", parameter.POSITIONAL_ONLY) for number in range(1, len(args) + 1)),
        *(parameter(name, parameter.KEYWORD_ONLY) for name in kwargs),
    ]
    forward.__signature__ = inspect.Signature(names)  # type: ignore[attr-defined]
    made: torch.nn.Module = type("Explicit", (torch.nn.Module,), {"forward": forward})()
    made.module = module
    return made.eval()


def free_sizes(calls: Sequence[Inputs], module: torch.nn.Module | None = None) -> tuple[Any, ...] | dict[str, Any]:
    """`dynamic_shapes` for `torch.export`: free is what differs among the calls; the rest is fixed.

    By the names of `forward` where a call has arguments by keyword.
    """
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

    every = [arguments(call) for call in calls]
    if module is None or not any(kwargs for _, kwargs in every):
        return tuple(_pytree.tree_map(free, *(args for args, _ in every)))
    order = inspect.signature(module.forward)
    named = [dict(order.bind(*args, **kwargs).arguments) for args, kwargs in every]
    return dict(_pytree.tree_map(free, *named))
