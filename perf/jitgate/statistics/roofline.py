"""How near a call comes to what the device can do at best.

The roofline model (Williams, Waterman and Patterson, CACM 52(4), 2009): a call takes at least as long as its arithmetic
at the device's peak rate, and at least as long as its bytes at the device's bandwidth, whichever is longer.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.statistics.interval import Interval
from jitgate.statistics.tails import tail

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class Bound(enum.StrEnum):
    """Which of the two is the longer."""

    ARITHMETIC = "arithmetic"
    BANDWIDTH = "bandwidth"


@dataclass(frozen=True)
class PeakRates:
    """What a device did at best: floating-point operations a second, bytes moved a second; both above 0."""

    flops_s: float
    bytes_s: float

    @property
    def ridge(self) -> float:
        """Operations a byte from which on arithmetic is the bound."""
        return self.flops_s / self.bytes_s


@dataclass(frozen=True)
class RooflineTime:
    """The least seconds that a call can take by its arithmetic, and by its bytes."""

    arithmetic_s: float
    traffic_s: float

    @property
    def seconds(self) -> float:
        return max(self.arithmetic_s, self.traffic_s)

    @property
    def bound(self) -> Bound:
        return Bound.ARITHMETIC if self.arithmetic_s >= self.traffic_s else Bound.BANDWIDTH


def roofline_time(flops: float, moved_bytes: float, ceiling: PeakRates) -> RooflineTime:
    """The limit of a call with so many floating-point operations that has to move so many bytes."""
    return RooflineTime(flops / ceiling.flops_s, moved_bytes / ceiling.bytes_s)


def roofline_efficiency(least: RooflineTime, durations_s: ArrayLike, *, alpha: float = 0.01) -> Interval:
    """Share of the median of `durations_s`, shape `(n,)`, that the limit accounts for; 1.0 is the limit itself.

    Above 1 the ceiling is none, and the share no distance: the bytes came from a cache that is faster than memory, or
    the products from a kernel that is faster than the ceiling's.
    """
    median = tail(durations_s, 0.5, alpha=alpha)
    low = least.seconds / median.high
    high = least.seconds / median.low if median.low > 0 else float("inf")
    return Interval(least.seconds / median.estimate, low, high, alpha)
