"""The least that a call must do: arithmetic, and bytes. Runs in the worker that runs the module itself.

Arithmetic: floating-point operations, as `jitgate.worker.flops` counts them.
Bytes: every parameter once; of activations the inputs, and each result of what is counted, once, since all else can be
fused into it. A call can't get by with less unless its weights stay in a cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from jitgate.model.figures import FlopCount
from jitgate.worker.content import weight_bytes
from jitgate.workloads.call_mode import MODE

if TYPE_CHECKING:
    import torch

    from jitgate.model.inputs import Inputs

MOST_COUNTED = 40
"""Calls that are counted of a scenario; more than any scenario of this repository has."""


def count_flops(calls: Sequence[Callable[[], Any]], module: torch.nn.Module, inputs: Sequence[Inputs]) -> FlopCount:
    """Of one call, in the mean over those of a scenario.

    module: whose parameters and buffers they read, float32. inputs: the arguments of the calls.
    """

    from jitgate.worker.flops import FlopCounter, tensor_bytes

    counted = list(zip(calls, inputs, strict=True))[:MOST_COUNTED]
    with MODE(), FlopCounter() as counter:
        for call, _ in counted:
            call()
    activations = counter.result_bytes + sum(tensor_bytes(values) for _, values in counted)
    return FlopCount(counter.flops / len(counted), float(weight_bytes(module)), activations / len(counted))
