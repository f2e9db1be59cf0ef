"""Bounds for a quantile of durations, such as the p95 of a streaming first chunk.

Order statistics: the q-quantile lies between the k-th and the m-th smallest of n durations unless far more or fewer
than n q of them fall below it. "Far" is a beta-binomial mixture with Ville's inequality (Howard and Ramdas,
Bernoulli 28, 2022, section 3), so these bounds too hold at every round.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from jitgate.statistics.durations import accepted, same_rounds
from jitgate.statistics.interval import Interval
from jitgate.statistics.lazy_numpy import np
from jitgate.statistics.resolution import coarse_tick

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

PRIOR_CALLS = 20.0  # weight of the mixture: bounds are sharpest at some hundreds of calls, where tails begin to show
FEWEST_CALLS = 16  # fewer show no correlation, and bound no p95 either


def tail(durations_s: ArrayLike, quantile: float, *, alpha: float = 0.01) -> Interval:
    """The `quantile` (0.95 for p95) of `durations_s`, shape `(calls,)`, in seconds.

    `high` is inf while there are too few calls to bound it (p95 at alpha 1 %: some 150). Durations resemble their
    neighbours: only calls / design effect count as independent. A clock that is coarse for them widens both bounds by
    a tick.
    """
    if not 0 < quantile < 1:
        raise ValueError(f"quantile must lie between 0 and 1, not {quantile!r}")
    values = accepted(durations_s, "durations")
    if len(values) == 0:
        return Interval(math.nan, 0.0, math.inf, alpha)
    found, tick_s = _bounds(values, quantile, alpha), coarse_tick(values)
    return replace(found, low=max(0.0, found.low - tick_s), high=found.high + tick_s)


def tail_speedup(baseline_s: ArrayLike, candidate_s: ArrayLike, quantile: float, *, alpha: float = 0.01) -> Interval:
    """Ratio of the baseline's to the candidate's `quantile`: above 1 the candidate's tail is shorter.

    Each arm's bounds take half of alpha; pairs don't help here, since slow calls need not fall into the same round.
    """
    arms = {"baseline": accepted(baseline_s, "baseline"), "candidate": accepted(candidate_s, "candidate")}
    same_rounds(arms)
    baseline, candidate = (tail(arm, quantile, alpha=alpha / 2) for arm in arms.values())
    low = baseline.low / candidate.high
    high = baseline.high / candidate.low if candidate.low > 0 else math.inf
    return Interval(baseline.estimate / candidate.estimate, low, high, alpha)


def fewest_calls(quantile: float, *, alpha: float = 0.01) -> int:
    """Independent calls from which `tail` has an upper bound at all."""
    fewest = math.ceil(math.log(alpha) / math.log(quantile))  # even a single test needs this many
    return next(n for n in itertools.count(fewest) if _counts(n, quantile, alpha)[1] < n)


def _bounds(values: NDArray[np.float64], quantile: float, alpha: float) -> Interval:
    ordered = np.sort(values)
    n = len(ordered)
    counted = max(1, int(n / _design_effect(values)))
    fewest, most = _counts(counted, quantile, alpha)
    # Shares of the independent calls, carried over to all calls.
    low = float(ordered[math.ceil(fewest / counted * n) - 1]) if fewest > 0 else 0.0
    at = math.floor((most + 1) / counted * n)
    high = float(ordered[at - 1]) if most + 1 <= counted and at <= n else math.inf
    return Interval(float(np.quantile(ordered, quantile)), low, high, alpha)


def _design_effect(values: NDArray[np.float64]) -> float:
    """How many calls count as one, by the lag-1 correlation of their ranks (no outlier outweighs the others)."""
    n = len(values)
    if n < FEWEST_CALLS:
        return 1.0
    ranks = np.argsort(np.argsort(values)) - (n - 1) / 2
    seen = float(ranks[1:] @ ranks[:-1]) / float(ranks @ ranks)
    proven = min(max(seen, 0.0), 0.95) if seen > 2 / math.sqrt(n) else 0.0
    return (1 + proven) / (1 - proven)


@lru_cache(maxsize=4096)
def _counts(calls: int, quantile: float, alpha: float) -> tuple[int, int]:
    """The fewest and the most calls at or below the true quantile that the mixture does not contradict."""
    a, b = PRIOR_CALLS * quantile, PRIOR_CALLS * (1 - quantile)
    k = np.arange(calls + 1)
    from scipy.special import betaln

    evidence = (
        betaln(a + k, b + calls - k) - betaln(a, b) - k * math.log(quantile) - (calls - k) * math.log1p(-quantile)
    )
    possible = np.flatnonzero(evidence < -math.log(alpha))
    return int(possible[0]), int(possible[-1])
