"""8-bit integers: the weights of linear layers, and with `int8-dynamic` the products too, by torchao.

To the graph: every `nn.Linear` of the module gets a weight of int8 with a scale a channel. `int8` multiplies in the
module's precision after widening the weight; `int8-dynamic` also rounds each call's activations, with a scale a row,
and multiplies integers. Convolutions, embeddings and norms stay as they are.
Needs: torchao. The module stays Python, as torchao's documentation has it before it is compiled.
Can't go: modules without a linear layer; float16, which its kernels do not combine with int8. torchao leaves the last
layer of `nn.MultiheadAttention` as it is, and others that it has no kernel for: a workload says whether that will do.
torchao and not torch.ao.quantization, which torch itself declares deprecated in its favour.
Source: torchao.quantization.quantize_, Int8WeightOnlyConfig, Int8DynamicActivationInt8WeightConfig (its documentation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jitgate.engines.protocols import Runner
from jitgate.engines.self_checking import SelfCheckingRunner
from jitgate.model.errors import Unavailable
from jitgate.model.inputs import Inputs

if TYPE_CHECKING:
    import torch


def int8(module: torch.nn.Module, example: Inputs, dynamic: bool = False) -> Runner:  # noqa: ARG001 - every factory's
    """The module with its linear layers quantised, in place. dynamic: activations too, in every call.

    Raises Unavailable for a module without a linear layer.
    """
    import torch
    from torchao.quantization import Int8DynamicActivationInt8WeightConfig, Int8WeightOnlyConfig, quantize_

    before = _linear(module)
    if not before:
        raise Unavailable("int8 quantises linear layers, and this model has none")
    for layer in before.values():
        layer.weight = torch.nn.Parameter(layer.weight.detach(), requires_grad=False)
    quantize_(module, Int8DynamicActivationInt8WeightConfig() if dynamic else Int8WeightOnlyConfig())
    return Quantised(module, list(before))


class Quantised(SelfCheckingRunner):
    """A module whose linear layers are integers: all of them, or it says which are not."""

    def __init__(self, module: torch.nn.Module, names: list[str]) -> None:
        self._module = module
        self._names = names

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        return self._module(*inputs, **named)

    def proof(self) -> str | None:
        return "quantised none of its linear layers" if len(self._left()) == len(self._names) else None

    def partly(self) -> str | None:
        left, count = self._left(), len(self._names)
        if not left or len(left) == count:
            return None
        few = ", ".join(left[:3]) + (", ..." if len(left) > 3 else "")
        return f"quantised {count - len(left)} of {count} linear layers, and left {few} as before"

    def _left(self) -> list[str]:
        layers = dict(self._module.named_modules())
        return [name for name in self._names if not _is_int8(layers[name].weight)]


def _linear(module: torch.nn.Module) -> dict[str, torch.nn.Linear]:
    import torch

    return {name: layer for name, layer in module.named_modules() if isinstance(layer, torch.nn.Linear)}


def _is_int8(weight: Any) -> bool:
    """Whether the numbers that a quantised weight is made of are int8."""
    import torch

    seen, pending = set(), [weight]
    while pending:
        tensor = pending.pop()
        if type(tensor) in (torch.Tensor, torch.nn.Parameter):
            seen.add(tensor.dtype)
            continue
        names, _ = tensor.__tensor_flatten__()
        pending += [getattr(tensor, name) for name in names]
    return torch.int8 in seen
