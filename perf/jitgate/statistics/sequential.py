"""The stopping rule: look after every round or so, stop at the first PASS or FAIL."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jitgate.statistics import boundary, walsh
from jitgate.statistics.comparison import speedup
from jitgate.statistics.decision import Outcome, judge
from jitgate.statistics.durations import log_ratios
from jitgate.statistics.lazy_numpy import np
from jitgate.statistics.limits import SAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

EVERY_ROUND = 200  # pairs; up to here a look costs little against a round
GROWTH = 1.02  # from there on; an interval narrows by 1 % from one look to the next
DOUBLING_FROM = 4096  # pairs; such long recordings do not stop at a verdict


def looks(pairs: int) -> Iterator[int]:
    """The numbers of pairs at which to look, up to and including `pairs`.

    Looking less often than after every round never raises the error probability, it only delays a verdict.
    """
    n = 1
    while n < pairs:
        yield n
        n = n + 1 if n < EVERY_ROUND else math.ceil(n * (GROWTH if n < DOUBLING_FROM else 2))
    if pairs:
        yield pairs


def look_due(pairs: int) -> bool:
    """Whether to look after `pairs` rounds: every round at first, then every 2 %."""
    return pairs <= EVERY_ROUND or pairs % max(1, int(pairs * (GROWTH - 1))) == 0


def first_decision(
    baseline_s: NDArray[np.float64],
    candidate_s: NDArray[np.float64],
    threshold: float,
    control_s: NDArray[np.float64] | None = None,
    *,
    alpha: float = 0.01,
) -> int | None:
    """The number of rounds at which the rule would have stopped with PASS or FAIL; None if not within these.

    Arguments as of `speedup` and `judge`.
    """
    above = log_ratios(baseline_s, candidate_s) - math.log(threshold) + SAME  # equality counts, as `reaches` has it
    counts = positive_averages(above[None, :DOUBLING_FROM])[0]
    for n in looks(len(above)):
        if not _ranks_decide(above, counts, n, alpha):
            continue  # the bounds by ranks are the narrowest part of an interval
        found = speedup(baseline_s[:n], candidate_s[:n], None if control_s is None else control_s[:n], alpha=alpha)
        if judge(found, threshold).outcome in (Outcome.PASS, Outcome.FAIL):
            return n
    return None


def positive_averages(series: NDArray[np.float64]) -> NDArray[np.int64]:
    """Wilcoxon's T after every pair, for many series at once: shape `(series, pairs)` in and out, O(pairs^2)."""
    totals = np.zeros(series.shape, dtype=np.int64)
    running = np.zeros(len(series), dtype=np.int64)
    for n in range(series.shape[1]):
        running += np.count_nonzero(series[:, : n + 1] > -series[:, n : n + 1], axis=1)
        totals[:, n] = running
    return totals


def _ranks_decide(above: NDArray[np.float64], counts: NDArray[np.int64], n: int, alpha: float) -> bool:
    k = boundary.rank(n, alpha)
    if k < 0:
        return False
    if n <= len(counts):
        total = n * (n + 1) // 2
        return bool(counts[n - 1] <= k or counts[n - 1] >= total - k)
    found = walsh.bounds(above[:n], k)
    return found.low >= 0 or found.high < 0
