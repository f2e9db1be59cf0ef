"""Counts the floating-point operations of calls as they are made. Runs in workers.

Counted are products of matrices, convolutions and attention, by torch's own formulas (torch.utils.flop_counter): two
for each multiplication with its addition. What is not counted (norms, softmax, Fourier transforms, everything element
by element) is a percent or two in a network of this kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from jitgate.values.leaves import leaves
from jitgate.values.tensors import tensors_in

if TYPE_CHECKING:
    from torch import Tensor


class FlopCounter(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is entered: `flops`, and `result_bytes` of what was counted.

    torch's formulas, but not its `FlopCounterMode`: entering that imports the whole compiler, three seconds and 100 MiB
    in a worker that is measured.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops = 0
        self.result_bytes = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # the import again: newer releases wrap every mode unless it says so

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        named = kwargs or {}
        formula = flop_registry.get(func._overloadpacket)
        if formula is None and func._overloadpacket is not torch.ops.aten._scaled_dot_product_flash_attention_for_cpu:
            with self:
                made_of: Any = func.decompose(*args, **named)
            return func(*args, **named) if made_of is NotImplemented else made_of
        out = func(*args, **named)
        self.flops += _by(formula, args, named, out) if formula else _attention(*args[:3])
        # Attention returns its statistics with its result; nothing of a forward pass reads them.
        self.result_bytes += tensor_bytes(leaves(out)[:1])
        return out


def tensor_bytes(values: Any) -> int:
    """Of all tensors in a nested structure, together."""
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors_in(values))


def _by(formula: Any, args: Any, named: Any, out: Any) -> int:
    """By torch's formula, which calls the result `out_val`, and in releases before 2.4 `out`."""
    name = "out_val" if "out_val" in formula.__code__.co_varnames else "out"
    return int(formula(*args, **named, **{name: out}))


def _attention(query: Tensor, key: Tensor, value: Tensor) -> int:
    """Operations of scores (B, heads, length, keys) and of their sum of values; torch has a formula for CUDA only."""
    batch, heads, length, width = query.shape
    return 2 * batch * heads * length * key.size(2) * (width + value.size(3))
