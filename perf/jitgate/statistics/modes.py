"""Does a series jump between two values? Then neither of them is a regression of the other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

SEPARATION = 5.0
"""Distance of the two means, in standard deviations within them, from which two heaps are told from one wide one. A
normal sample split at its best place is some 2.7 apart, a uniform one 3.5."""

FEWEST_SHARE = 0.1
FEWEST_RUNS = 3
FEWEST_SWITCHES = 3
"""A step up, and one back, are two switches and no modes."""

STICKY = 0.5
"""Of the switches that independent rounds make, the share below which a mode is sticky: what a dozen pairs show is then
the mode they met, and not the code."""


@dataclass(frozen=True)
class TwoModes:
    """low, high: the two levels. share: of the runs at the higher one. gap, scatter (within them): relative."""

    low: float
    high: float
    share: float
    gap: float
    scatter: float


def two_modes(values: ArrayLike) -> TwoModes | None:
    """The modes of positive figures in the order of their runs; None where there is one level, or a step."""
    logs = np.log(np.asarray(values, dtype=float))
    size = len(logs)
    fewest = max(FEWEST_RUNS, math.ceil(FEWEST_SHARE * size))
    if size < 2 * fewest:
        return None
    ordered = np.sort(logs)
    sums, squares = np.cumsum(ordered), np.cumsum(ordered**2)
    cuts = np.arange(fewest, size - fewest + 1)
    left, right = sums[cuts - 1], sums[-1] - sums[cuts - 1]
    within = squares[-1] - left**2 / cuts - right**2 / (size - cuts)
    best = int(within.argmin())
    cut = int(cuts[best])
    low, high = float(left[best] / cut), float(right[best] / (size - cut))
    scatter = math.sqrt(max(0.0, float(within[best])) / max(1, size - 2))
    is_high = logs > (ordered[cut - 1] + ordered[cut]) / 2
    switches = int(np.count_nonzero(is_high[1:] != is_high[:-1]))
    if high - low < SEPARATION * scatter or high - low < 1e-6 or switches < FEWEST_SWITCHES:
        return None
    return TwoModes(math.exp(low), math.exp(high), float(is_high.mean()), math.expm1(high - low), scatter)


@dataclass(frozen=True)
class RoundModes:
    """Two modes of the rounds of one measurement. gap: how far apart, relative. share: of the rounds at the higher one.
    stay: rounds from one switch to the next, on average. sticky: whether a mode lasts longer than chance explains."""

    gap: float
    share: float
    stay: float
    sticky: bool

    @property
    def text(self) -> str:
        """`6.0% apart (35% of rounds at the higher one, some 20 rounds at a time)`."""
        return (
            f"{self.gap:.1%} apart ({self.share:.0%} of rounds at the higher one, some {max(1.0, self.stay):.0f} "
            "rounds at a time)"
        )


def round_modes(values: ArrayLike) -> RoundModes | None:
    """The modes of positive figures, one a round and in order, shape `(n,)`; None where there is one level, or a step.

    A duration of each round, or a ratio of two.
    """
    found = two_modes(values)
    if found is None:
        return None
    logs = np.log(np.asarray(values, dtype=float))
    is_high = logs > math.log(found.low * found.high) / 2
    switches = int(np.count_nonzero(is_high[1:] != is_high[:-1]))
    by_chance = 2 * found.share * (1 - found.share) * (len(logs) - 1)
    return RoundModes(found.gap, found.share, len(logs) / (switches + 1), switches < STICKY * by_chance)
