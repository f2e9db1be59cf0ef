"""What a call has to do at least: arithmetic, and bytes. Runs in the worker of the module itself.

Arithmetic: floating-point operations of products, convolutions and attention, two for a multiplication with its
addition (torch.utils.flop_counter). What is not counted (norms, softmax, Fourier transforms, everything element by
element) is a percent or two in a network of this kind.
Bytes: every parameter once; of activations the inputs, and each result of what is counted, once, since all else can be
fused into it. A call can't get by with less unless its weights stay in a cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from perf.workers.content import leaves, weight_bytes

if TYPE_CHECKING:
    import torch

    from perf.workloads.workload import Inputs

MOST_COUNTED = 40
"""Calls that are counted of a scenario whose every call differs; more than any shipped scenario has."""


def count_work(
    calls: Sequence[Callable[[], Any]], module: torch.nn.Module, inputs: Sequence[Inputs]
) -> dict[str, float]:
    """Of one call: `flops`, `parameter_bytes`, `activation_bytes`; means over the calls of a scenario that has several.

    module: whose parameters and buffers they read, float32. inputs: the arguments of the calls.
    """
    import torch

    flops, activations = 0, 0
    counted = list(zip(calls, inputs, strict=True))[:MOST_COUNTED]
    with torch.inference_mode():
        for call, values in counted:
            operations, results = _count(call)
            flops += operations
            activations += results + _bytes(values)
    return {
        "flops": flops / len(counted),
        "parameter_bytes": float(weight_bytes(module)),
        "activation_bytes": activations / len(counted),
    }


def _count(call: Callable[[], Any]) -> tuple[int, int]:
    """Floating-point operations of one call, and bytes of their results.

    torch's formulas, but not its `FlopCounterMode`: entering that imports the whole compiler, three seconds and 100 MiB
    in a worker that is measured.
    """
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import flop_registry

    attention = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu

    class Tally(TorchDispatchMode):  # type: ignore[no-untyped-call]
        flops, results = 0, 0

        @classmethod
        def _should_skip_dynamo(cls) -> bool:
            return False  # the import again: newer releases wrap every mode unless it says so

        def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            named = kwargs or {}
            formula = flop_registry.get(func._overloadpacket)
            if formula is None and func._overloadpacket is not attention:
                with self:
                    made_of: Any = func.decompose(*args, **named)
                return func(*args, **named) if made_of is NotImplemented else made_of
            out = func(*args, **named)
            self.flops += int(formula(*args, **named, out_val=out) if formula else _attention(*args[:3]))
            # Attention returns its statistics beside its result; nothing of a forward pass reads them.
            self.results += _bytes(leaves(out)[:1])
            return out

    with Tally() as tally:  # type: ignore[no-untyped-call]
        call()
    return tally.flops, tally.results


def _attention(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> int:
    """Operations of scores (B, heads, length, keys) and of their sum of values; torch has a formula for CUDA only."""
    batch, heads, length, width = query.shape
    return 2 * batch * heads * length * key.size(2) * (width + value.size(3))


def _bytes(values: Any) -> int:
    import torch

    return sum(leaf.numel() * leaf.element_size() for leaf in leaves(values) if isinstance(leaf, torch.Tensor))
