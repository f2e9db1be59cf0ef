"""Where a variant stands beside its steady speed: new lengths, and its roofline efficiency."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from jitgate.model.measurement import Measurement
from jitgate.statistics import Interval, RooflineBound, roofline_efficiency, roofline_time, speedup


@dataclass(frozen=True)
class RooflineEfficiency:
    """share: of the median call, what the limit accounts for: 1.0 is the limit itself. limit_s: seconds."""

    share: Interval
    limit_s: float
    bound: RooflineBound

    @property
    def above(self) -> str | None:
        """What is said instead of a share above 1, where the ceiling shows to be none; None where it may be one.

        A share without an interval is judged by its estimate, since it would stand alone.
        """
        share = self.share
        alone = share.low <= 0 or math.isinf(share.high)
        if max(share.low, share.estimate if alone else 0.0) <= 1:
            return None
        return f"above the measured {self.bound} ceiling ({share.estimate:.2f}x)"


def roofline(measurement: Measurement, variant: str, alpha: float) -> RooflineEfficiency | None:
    """How near `variant` comes to the larger of its two bounds; None where one of the figures is missing."""
    samples = measurement.all_samples[variant]
    work, ceiling = measurement.flop_count, measurement.peak_rates.get(samples.precision)
    durations_s = measurement.typical_s(variant)
    if work is None or ceiling is None or not durations_s or not work.flops:
        return None
    least = roofline_time(work.flops, work.moved_bytes(samples.precision), ceiling)
    return RooflineEfficiency(roofline_efficiency(least, durations_s, alpha=alpha), least.seconds, least.bound)


def unseen_shape(measurement: Measurement, variant: str, alpha: float) -> Interval | None:
    """How many times as long the first call at a new length takes as one at a known length; None without any.

    A length is a pair: its first call, and the median of its known ones.
    """
    lengths = measurement.all_samples[variant].unseen_shapes.lengths
    if not lengths:
        return None
    first_s = [each.first_s for each in lengths]
    known_s = [statistics.median(each.known_s) for each in lengths]
    return speedup(first_s, known_s, alpha=alpha).interval
