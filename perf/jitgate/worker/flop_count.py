"""What a call has to do at least: arithmetic, and bytes. Runs in the worker of the module itself.

Arithmetic: floating-point operations, as `jitgate.worker.flops` counts them.
Bytes: every parameter once; of activations the inputs, and each result of what is counted, once, since all else can be
fused into it. A call can't get by with less unless its weights stay in a cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from jitgate.worker.content import weight_bytes

if TYPE_CHECKING:
    import torch

    from jitgate.model.inputs import Inputs

MOST_COUNTED = 40
"""Calls that are counted of a scenario whose every call differs; more than any shipped scenario has."""


def count_work(
    calls: Sequence[Callable[[], Any]], module: torch.nn.Module, inputs: Sequence[Inputs]
) -> dict[str, float]:
    """Of one call: `flops`, `parameter_bytes`, `activation_bytes`; means over the calls of a scenario that has several.

    module: whose parameters and buffers they read, float32. inputs: the arguments of the calls.
    """
    import torch

    from jitgate.worker.flops import FlopCounter, tensor_bytes

    counted = list(zip(calls, inputs, strict=True))[:MOST_COUNTED]
    with torch.inference_mode(), FlopCounter() as counter:
        for call, _ in counted:
            call()
    activations = counter.result_bytes + sum(tensor_bytes(values) for _, values in counted)
    return {
        "flops": counter.flops / len(counted),
        "parameter_bytes": float(weight_bytes(module)),
        "activation_bytes": activations / len(counted),
    }
