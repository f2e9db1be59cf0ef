"""Energy, power and utilisation of one variant: a stretch of work of its own, since NVML averages over a second.

A turn of some ten milliseconds is shorter than what a card averages over: read there, the figures would be a mixture of
all variants.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from jitgate.device.power import Meter
from jitgate.device.reading import Missing
from jitgate.model.turn import Turn


def power_of(meter: Meter, work: Callable[[int], Turn | None], call_s: float) -> dict[str, Any]:
    """Let a warm worker `work` so many calls of `call_s` seconds as the meter wants, and say what that drew.

    Plain values for the record: `energy_j` a call, `power_w`, `utilisation_percent`, and in `missing` why one is not
    known.
    """
    count = max(1, math.ceil(meter.work_s / max(call_s, 1e-6)))
    meter.begin()
    turn = work(count)
    drawn = meter.end(count)
    if turn is None:
        return {"missing": "the worker failed while it was metered"}
    values = {
        "energy_j": drawn.energy_j,
        "power_w": drawn.power_w,
        "utilisation_percent": drawn.utilisation_percent,
    }
    lacking = [f"{name}: {value.why}" for name, value in values.items() if isinstance(value, Missing)]
    found: dict[str, Any] = {name: value for name, value in values.items() if not isinstance(value, Missing)}
    return found | {"calls": count} | ({"missing": "; ".join(lacking)} if lacking else {})
