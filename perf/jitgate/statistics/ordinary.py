"""The interval of a ratio that is reported and decides nothing: ordinary, looked at once, at 95 %."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jitgate.statistics import boundary, walsh
from jitgate.statistics.durations import log_ratios
from jitgate.statistics.interval import Interval
from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ALPHA = 0.05
"""What readers expect of an interval. It is of one look after the last round, and no verdict is made of it."""

FEWEST_RANKED = 6
"""Pairs from which the signed-rank test can reach 5 % on two sides: 2 / 2^6 is 3 %."""

NORMAL = 1.959963984540054
"""Deviations of a normal distribution that 5 % lie beyond, on both sides together."""


def ordinary_ratio(
    baseline_s: NDArray[np.float64], candidate_s: NDArray[np.float64], processes: NDArray[np.intp] | None = None
) -> Interval | None:
    """Baseline over candidate with its ordinary 95 % interval; None below two pairs.

    baseline_s, candidate_s: one figure a round, seconds, shape `(rounds,)`. processes: a label a round, where workers
    were started more than once: then each start is one figure. The estimate is that of `speedup`.
    From six figures on by ranks (Hollander and Wolfe, Nonparametric Statistical Methods, 3.3), below by Student's t.
    """
    ratios = log_ratios(baseline_s, candidate_s)
    if len(ratios) < 2:
        return None
    centre = walsh.bounds(ratios, 0).estimate
    if processes is not None and len(np.unique(processes)) > 1:
        ratios = np.array([float(np.median(ratios[processes == label])) for label in np.unique(processes)])
    if len(ratios) >= FEWEST_RANKED:
        found = walsh.bounds(ratios, _rank(len(ratios)))
        low, high = found.low, found.high
    else:
        from scipy.special import stdtrit

        error = float(ratios.std(ddof=1)) / math.sqrt(len(ratios))
        half = float(stdtrit(len(ratios) - 1, 1 - ALPHA / 2)) * error
        low, high = float(ratios.mean()) - half, float(ratios.mean()) + half
    ends = (min(low, centre), max(high, centre))
    return Interval(math.exp(centre), math.exp(max(ends[0], -700.0)), math.exp(min(ends[1], 700.0)), ALPHA)


def _rank(pairs: int) -> int:
    """k of `walsh.bounds`: T <= k has a probability of at most 2.5 % where nothing differs."""
    if pairs <= boundary.EXACT_PAIRS:
        return int(np.searchsorted(boundary.null_distribution(pairs), ALPHA / 2, side="right")) - 1
    sd = math.sqrt(pairs * (pairs + 1) * (2 * pairs + 1) / 24)
    return math.floor(pairs * (pairs + 1) / 4 - NORMAL * sd - 0.5)
