"""Two secondary figures of a variant: its first call at an unseen shape, and its roofline efficiency."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass

from jitgate.model.measurement import Measurement
from jitgate.statistics import Interval, RooflineBound, roofline_efficiency, roofline_time, speedup


@dataclass(frozen=True)
class RooflineEfficiency:
    """share: the roofline's time as a share of the median call; 1.0 is the roofline itself. limit_s: seconds."""

    share: Interval
    limit_s: float
    bound: RooflineBound

    @property
    def above(self) -> str | None:
        """The text for a variant above the measured peak, which shows no percentage; None for every other.

        A share without an interval is judged by its estimate.
        """
        share = self.share
        alone = share.low <= 0 or math.isinf(share.high)
        if max(share.low, share.estimate if alone else 0.0) <= 1:
            return None
        return f"above the measured {self.bound} peak ({share.estimate:.2f}x)"


def roofline(measurement: Measurement, variant: str, alpha: float) -> RooflineEfficiency | None:
    """How near `variant` comes to its roofline; None where a figure is missing."""
    samples = measurement.all_samples[variant]
    work, peak = measurement.flop_count, measurement.peak_rates.get(samples.precision)
    durations_s = measurement.typical_s(variant)
    if work is None or peak is None or not durations_s or not work.flops:
        return None
    least = roofline_time(work.flops, work.moved_bytes(samples.precision), peak)
    return RooflineEfficiency(roofline_efficiency(least, durations_s, alpha=alpha), least.seconds, least.bound)


def unseen_shape(measurement: Measurement, variant: str, alpha: float) -> Interval | None:
    """The first call at an unseen shape over a call at a seen one, as a ratio; None where none was measured.

    Each length is a pair: its first call, and the median of the calls after it.
    """
    lengths = measurement.all_samples[variant].unseen_shapes.lengths
    if not lengths:
        return None
    first_s = [each.first_s for each in lengths]
    known_s = [statistics.median(each.known_s) for each in lengths]
    return speedup(first_s, known_s, alpha=alpha).interval
