"""How near a call comes to the peak rates of its device.

The roofline model (Williams, Waterman and Patterson, CACM 52(4), 2009): a call takes at least as long as its arithmetic
at the device's peak rate, and at least as long as its bytes at the device's bandwidth, whichever is longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.model.str_enum import StrEnum
from jitgate.statistics.interval import Interval
from jitgate.statistics.tails import tail

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class RooflineBound(StrEnum):
    """What limits a call."""

    ARITHMETIC = "arithmetic"
    BANDWIDTH = "bandwidth"


@dataclass(frozen=True)
class PeakRates:
    """Measured peaks of a device: floating-point operations per second, bytes moved per second; both above 0."""

    flops_s: float
    bytes_s: float


@dataclass(frozen=True)
class RooflineTime:
    """The shortest time that a call can take: by its arithmetic, and by its bytes."""

    arithmetic_s: float
    traffic_s: float

    @property
    def seconds(self) -> float:
        return max(self.arithmetic_s, self.traffic_s)

    @property
    def bound(self) -> RooflineBound:
        return RooflineBound.ARITHMETIC if self.arithmetic_s >= self.traffic_s else RooflineBound.BANDWIDTH


def roofline_time(flops: float, moved_bytes: float, peak: PeakRates) -> RooflineTime:
    """The shortest time for this many floating-point operations and moved bytes."""
    return RooflineTime(flops / peak.flops_s, moved_bytes / peak.bytes_s)


def roofline_efficiency(least: RooflineTime, durations_s: ArrayLike, *, alpha: float = 0.01) -> Interval:
    """`least` as a share of the median of `durations_s`, shape `(n,)`; 1.0: as fast as the peak rates allow.

    Above 1 the measured peak is not the real one: the bytes came from a cache that is faster than memory, or the
    products from a kernel that is faster than the one that measured the peak.
    """
    median = tail(durations_s, 0.5, alpha=alpha)
    low = least.seconds / median.high
    high = least.seconds / median.low if median.low > 0 else float("inf")
    return Interval(least.seconds / median.estimate, low, high, alpha)
