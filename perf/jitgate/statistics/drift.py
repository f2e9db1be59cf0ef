"""What drifted while the rounds were timed. Common drift cancels in pairs; it is named, not corrected."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST_PAIRS = 16  # eight in each half; medians of fewer say nothing
PROVEN = 4.0  # standard errors between the halves: 6e-5 at one look, and every round is one
WORTH_NAMING = 0.01  # a drift below 1 % of the duration does not matter
CLIP_SPREADS = 3.0  # two outliers in a row would look like autocorrelation
HIGHEST_CORRELATION = 0.95  # beyond it a series hardly has more than one independent value
NORMAL_MAD = 1.4826  # standard deviations of a normal distribution in its median absolute deviation
MEDIAN_LOSS = math.sqrt(math.pi / 2)  # standard error of a median against that of a mean


@dataclass(frozen=True)
class Drift:
    """Typical value of the first and of the second half of the rounds: seconds, or log-ratios."""

    first: float
    second: float


def proven_drift(series: NDArray[np.float64]) -> Drift | None:
    """The two halves of `series` (log values, shape `(n,)`), if they differ by more than chance explains; else None.

    The residuals of a step or of a straight line, whichever fits better, are the chance: their spread and lag-1
    autocorrelation (Bartlett 1946) give the standard error.
    """
    n = len(series)
    if n < FEWEST_PAIRS:
        return None
    middle = n // 2
    first, second = float(np.median(series[:middle])), float(np.median(series[middle:]))
    change = second - first
    if abs(change) <= math.log1p(WORTH_NAMING):
        return None
    at = np.arange(n)
    step = series - np.where(at < middle, first, second)
    line = series - (first + change * (at - middle / 2) / (n / 2))
    spread, left = min(((robust_spread(rest), rest) for rest in (step, line)), key=lambda found: found[0])
    clipped = np.clip(left - np.median(left), -CLIP_SPREADS * spread, CLIP_SPREADS * spread)
    power = float(clipped @ clipped)
    correlation = min(max(float(clipped[1:] @ clipped[:-1]) / power, 0.0), HIGHEST_CORRELATION) if power > 0 else 0.0
    standard_error = MEDIAN_LOSS * spread * 2 * math.sqrt((1 + correlation) / (1 - correlation) / n)
    return Drift(first, second) if abs(change) > PROVEN * standard_error else None


def robust_spread(series: NDArray[np.float64]) -> float:
    """Standard deviation by the median absolute deviation, which values in the tails hardly move."""
    return NORMAL_MAD * float(np.median(np.abs(series - np.median(series))))
