"""After how many calls has a cold cost paid for itself?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.statistics.interval import Interval


@dataclass(frozen=True)
class Payback:
    """Whole calls, infinite where the cost never comes back: by the best estimate, and by the ends of the interval."""

    calls: float
    soonest: float
    latest: float


def payback(extra_s: float, call_s: float, speedup: Interval) -> Payback:
    """Calls until `extra_s`, what a candidate costs once and its baseline does not, is saved.

    call_s: a steady call of the baseline. speedup: baseline / candidate. Each call saves call_s (1 - 1 / speedup). What
    is not faster never pays, even where it costs nothing.
    """
    return Payback(
        _calls(extra_s, call_s, speedup.estimate),
        _calls(extra_s, call_s, speedup.high),
        _calls(extra_s, call_s, speedup.low),
    )


def _calls(extra_s: float, call_s: float, ratio: float) -> float:
    if ratio <= 1:
        return math.inf
    saved_s = call_s * (1 - 1 / ratio)
    return float(math.ceil(max(0.0, extra_s) / saved_s)) if saved_s > 0 else math.inf
