"""How fast is a call that only looks up a stored answer? Runs in the worker that runs the module itself."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from jitgate.device.clock import Clock
from jitgate.values.tensors import tensors_in
from jitgate.workloads.call_mode import MODE

CALLS = 50
"""Look-ups; their median stands."""

LONGEST_S = 0.5
"""Seconds after which no further one is begun: inputs may be large."""


def look_up(call: partial[Any]) -> Callable[[], Any]:
    """Compares the inputs of `call` with known ones, and returns a copy of the answer to these."""
    import torch

    given = tensors_in([call.args, call.keywords])
    known, answer = [each.clone() for each in given], tensors_in(call())

    def stored() -> Any:
        return all(map(torch.equal, given, known)) and [each.clone() for each in answer]

    return stored


def look_up_s(call: partial[Any], clock: Clock) -> float:
    """Seconds of a look-up by this clock, in the median."""

    with MODE():
        stored, began, seen = look_up(call), time.perf_counter(), list[int]()
        while len(seen) < CALLS and (not seen or time.perf_counter() - began < LONGEST_S):
            seen.append(clock.time(stored).wall_ns)
    return statistics.median(seen) / 1e9
