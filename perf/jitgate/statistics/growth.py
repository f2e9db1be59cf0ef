"""Does memory grow with every call, or did it only grow once?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

WARM_CALLS = 10
"""Calls after which caches are filled, profiles taken and allocators warm."""

LEAST_WARM_CALLS = 3
"""Enough where calls take seconds and are few: executors have their profile, allocators their pages."""

FEWEST_LEVELS = 6
"""From this many levels after the warm-up, a trend differs from a step."""

LEAST_BYTES = 1 << 20
"""Allocators cause growth below this."""

RISING = 0.8
"""Kendall's tau from which a series is called rising; a level that wanders has about 0, a single step at most 0.5."""


@dataclass(frozen=True)
class Growth:
    """slope: bytes per call, the median of the slopes between all pairs of levels (Theil 1950, Sen 1968).

    calls: number of calls that it covers. leaks: memory rose all the way, by more than allocators cause.
    """

    slope: float
    calls: int
    leaks: bool


def growth(calls: ArrayLike, levels_bytes: ArrayLike) -> Growth | None:
    """Judge memory levels after so many calls, both of shape `(n,)`; None where too few follow the warm-up.

    The warm-up is `WARM_CALLS` long, or shorter to leave `FEWEST_LEVELS`, but at least `LEAST_WARM_CALLS`.
    """
    x, y = np.asarray(calls, dtype=np.float64), np.asarray(levels_bytes, dtype=np.float64)
    if len(x) < FEWEST_LEVELS:
        return None
    warm = max(LEAST_WARM_CALLS, min(WARM_CALLS, x[-FEWEST_LEVELS]))
    x, y = x[x >= warm], y[x >= warm]
    n = len(x)
    if n < FEWEST_LEVELS:
        return None
    chosen = np.unique(np.linspace(0, n - 1, min(n, 400)).astype(int))  # pairs grow with the square
    x, y = x[chosen], y[chosen]
    one, two = np.triu_indices(len(x), 1)
    steps = (y[two] - y[one]) / (x[two] - x[one])
    slope = float(np.median(steps))
    tau = float(np.mean(np.sign(steps)))
    total = slope * float(x[-1] - x[0])
    return Growth(slope, int(x[-1] - x[0]), bool(tau >= RISING and total >= LEAST_BYTES))
