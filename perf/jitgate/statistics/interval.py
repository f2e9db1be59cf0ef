"""The interval that a measurement supports."""

from __future__ import annotations

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

    def inverted(self) -> Interval:
        """The same statement with baseline and candidate swapped."""
        return Interval(1 / self.estimate, 1 / self.high, 1 / self.low if self.low > 0 else float("inf"), self.alpha)
