"""How far the signed-rank statistic may stray before a value is rejected, at every number of pairs at once.

The statistic: Wilcoxon's T = number of positive Walsh averages (x_i + x_j) / 2, i <= j, out of n (n + 1) / 2. When the
pairs scatter symmetrically about zero, its distribution does not depend on theirs, jointly for all n.

The boundary: a normal-mixture boundary for the standardised T (Robbins, Ann. Math. Statist. 41, 1970; Howard, Ramdas,
McAuliffe and Sekhon, Ann. Statist. 49, 2021, eq. 14). Crossing it *ever* has probability at most alpha for a Brownian
path; the exact distribution of T turns it into a rank at each n. `docs/validation.md` counts the crossings.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache
from typing import TYPE_CHECKING

from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MIXTURE_PAIRS = 2.0
"""Where the mixture puts its weight, in pairs. 2 is best at 10 to 60 pairs, where gates are decided; beyond 400 pairs a
larger figure would save 3 % of the pairs."""

LEVEL = 2.0
"""Of alpha, for the boundary. T moves in steps and jumps past it: at alpha 1 % some 1.3 % of symmetric series cross
within 200 pairs, and 0.3 % together with the bounds for autocorrelation (`dependence`), which are always applied. Both
figures are from `docs/validation.md`."""

EARLY_SHARE = 5
"""All pairs on one side is the strongest evidence at small n. It counts from the first n at which its probability is at
most alpha / 5 (10 pairs at alpha 1 %): a dozen pairs must decide slow pipelines."""

EXACT_PAIRS = 64
"""Up to here T's exact distribution; beyond, the normal one, which is conservative in the tails of T."""


@lru_cache(maxsize=65536)
def rank(pairs: int, alpha: float) -> int:
    """k: zero is rejected when T <= k or T >= n (n + 1) / 2 - k. -1: no T is extreme enough at so few pairs."""
    deviation = critical_deviation(pairs, LEVEL * alpha)
    if pairs > EXACT_PAIRS:
        mean = pairs * (pairs + 1) / 4
        sd = math.sqrt(pairs * (pairs + 1) * (2 * pairs + 1) / 24)
        return math.floor(mean - deviation * sd - 0.5)
    one_sided = math.erfc(deviation / math.sqrt(2)) / 2
    k = int(np.searchsorted(null_distribution(pairs), one_sided, side="right")) - 1
    if 2.0 ** (1 - pairs) <= alpha / EARLY_SHARE:
        return max(k, 0)
    return k


def critical_deviation(pairs: float, level: float, mixture_pairs: float = MIXTURE_PAIRS) -> float:
    """The boundary in standard deviations of T (equally: of the estimate). Brownian paths ever cross it: `level`."""
    ratio = pairs / mixture_pairs
    return math.sqrt((1 + 1 / ratio) * (math.log1p(ratio) - 2 * math.log(min(1.0, level))))


def fewest_pairs(alpha: float) -> int:
    """The smallest number of pairs at which a decision is possible at all."""
    return next(n for n in itertools.count(1) if rank(n, alpha) >= 0)


@lru_cache(maxsize=EXACT_PAIRS + 1)
def null_distribution(pairs: int) -> NDArray[np.float64]:
    """P(T <= t) for t = 0 ... n (n + 1) / 2: each rank 1 ... n is positive with probability one half."""
    mass = np.ones(1)
    for size in range(1, pairs + 1):
        wider = np.zeros(len(mass) + size)
        wider[: len(mass)] += mass / 2
        wider[size:] += mass / 2
        mass = wider
    return np.cumsum(mass)
