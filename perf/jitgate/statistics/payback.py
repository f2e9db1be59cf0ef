"""After how many calls does a cold start pay off?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.statistics.interval import Interval


@dataclass(frozen=True)
class Payback:
    """Whole calls, infinite where it never pays off: by the best estimate, and by the ends of the interval."""

    calls: float
    soonest: float
    latest: float


def payback(extra_s: float, call_s: float, speedup: Interval) -> Payback:
    """Calls that save `extra_s`, what the candidate costs once and the baseline does not.

    call_s: a steady call of the baseline. speedup: baseline / candidate. Each call saves call_s (1 - 1 / speedup). A
    candidate that is not faster never pays off, even where it costs nothing.
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
