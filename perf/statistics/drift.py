"""What moved while the rounds were timed. Common drift cancels in pairs; it is named, not corrected."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST_PAIRS = 16  # eight in each half; medians of fewer say nothing
PROVEN = 4.0  # standard errors between the halves: 6e-5 at one look, and the question is asked at every round
WORTH_NAMING = 0.01  # a drift below 1 % of the duration interests nobody
MEDIAN_LOSS = math.sqrt(math.pi / 2)  # standard error of a median against that of a mean


@dataclass(frozen=True)
class Drift:
    """Typical value of the first and of the second half of the rounds: seconds, or log-ratios."""

    first: float
    second: float


def proven_drift(series: NDArray[np.float64], spread: float, design_effect: float) -> Drift | None:
    """The two halves of `series` (log values, shape `(n,)`), if they differ by more than chance explains; else None."""
    n = len(series)
    if n < FEWEST_PAIRS:
        return None
    first, second = float(np.median(series[: n // 2])), float(np.median(series[n // 2 :]))
    standard_error = MEDIAN_LOSS * spread * 2 * math.sqrt(design_effect / n)
    if abs(second - first) <= max(PROVEN * standard_error, math.log1p(WORTH_NAMING)):
        return None
    return Drift(first, second)
