"""Energy, power and utilisation of one variant, read while it works alone, since NVML averages over a second.

A turn of some ten milliseconds is shorter than what a card averages over: read there, the figures would be a mixture of
all variants.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from jitgate.device.power import Meter
from jitgate.device.reading import Missing, known
from jitgate.model.power_reading import PowerReading
from jitgate.model.turn import Turn


def power_of(meter: Meter, work: Callable[[int], Turn | None], call_s: float) -> PowerReading:
    """Let a warm worker `work` for as many calls of `call_s` seconds as the meter needs, and say what that drew."""
    count = max(1, math.ceil(meter.work_s / max(call_s, 1e-6)))
    meter.begin()
    turn = work(count)
    drawn = meter.end(count)
    if turn is None:
        return PowerReading(missing="the worker failed while it was metered")
    readings = vars(drawn)
    lacking = [f"{name}: {value.why}" for name, value in readings.items() if isinstance(value, Missing)]
    return PowerReading(
        known(drawn.energy_j),
        known(drawn.power_w),
        known(drawn.utilisation_percent),
        count,
        "; ".join(lacking) or None,
    )
