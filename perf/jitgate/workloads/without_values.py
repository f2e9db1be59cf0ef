"""Tensors that have no values yet: what is on the meta device, and layers that were never called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.model.inputs import Inputs
from jitgate.values.leaves import walk

if TYPE_CHECKING:
    import torch


def weights_problem(module: torch.nn.Module) -> str:
    """What a parameter or a buffer lacks, and what to do; "" where all have values."""
    from torch.nn.parameter import is_lazy

    if not hasattr(module, "named_parameters"):
        return ""
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if is_lazy(tensor):
            return f"{name} has no sizes before the first call; call the model once in the factory"
        if tensor.is_meta:
            return f"{name} is on the meta device, which has no values; load its weights in the factory"
    return ""


def values_problem(call: Inputs) -> str:
    """The same of the arguments of a call."""
    for path, leaf in walk(call, "input"):
        if getattr(leaf, "is_meta", False):
            return f"{path} is on the meta device, which has no values; make it on the CPU"
    return ""
