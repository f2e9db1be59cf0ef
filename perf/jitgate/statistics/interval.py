"""The interval that a measurement supports."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """A ratio baseline / candidate, dimensionless: above 1 the candidate is faster.

    estimate, low, high: the best single figure and the bounds, `low <= estimate <= high`; `0.0` and `inf` where there
        are no bounds yet.
    alpha: the probability, over all moments at which one may stop and look, that the truth lies outside.
    """

    estimate: float
    low: float
    high: float
    alpha: float

    def contains(self, ratio: float) -> bool:
        return self.low <= ratio <= self.high

    def as_json(self) -> dict[str, float | None]:
        """Estimate and bounds; null for a bound that is not known yet."""
        return {"estimate": finite(self.estimate), "low": finite(self.low), "high": finite(self.high)}


def finite(value: float | None) -> float | None:
    """`value`; None for what is infinite or not a number, which JSON has not."""
    return value if value is not None and math.isfinite(value) else None
