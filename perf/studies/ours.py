"""Our rule on many simulated measurements: looked at after every round, stopped at the first PASS or FAIL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jitgate.statistics import Outcome, judge, speedup
from jitgate.statistics.boundary import rank
from jitgate.statistics.comparison import OFFSET_LEVEL
from jitgate.statistics.durations import log_ratios
from jitgate.statistics.estimate import estimate_log_ratio
from jitgate.statistics.sequential import positive_averages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studies.noise import Rounds


@dataclass(frozen=True)
class Outcomes:
    """One entry a measurement, shape `(series,)`. pairs: at the stop, or all of them. low, high: the final interval."""

    answer: NDArray[np.str_]
    pairs: NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]

    def share(self, *answers: Outcome) -> float:
        return float(np.mean(np.isin(self.answer, [str(answer) for answer in answers])))

    @property
    def decided(self) -> NDArray[np.bool_]:
        return np.isin(self.answer, [str(Outcome.PASS), str(Outcome.FAIL)])


def watch(rounds: Rounds, threshold: float, alpha: float, *, final_intervals: bool = True) -> Outcomes:
    """Judge after every round until decided.

    Rounds are judged only where the ranks alone, the narrowest part of every claim, already decide, and then the pairs
    without the control: elsewhere `judge` can't return PASS or FAIL. `final_intervals=False` leaves NaN bounds
    where no decision fell, and saves time.
    """
    series, total = rounds.baseline.shape
    possible = may_decide(rounds, threshold, alpha)
    ratio = log_ratios(rounds.baseline, rounds.candidate)
    limit = np.log(threshold)
    answers = np.full(series, str(Outcome.INCONCLUSIVE), dtype="<U12")
    pairs = np.full(series, total)
    low, high = np.full(series, np.nan), np.full(series, np.nan)
    for at in range(series):
        for n in [*(np.flatnonzero(possible[at]) + 1), *([total] if final_intervals else [])]:
            own = estimate_log_ratio(ratio[at, :n], alpha)
            if own.low < limit <= own.high and n < total:
                continue
            control = None if rounds.control is None else rounds.control[at, :n]
            found = speedup(rounds.baseline[at, :n], rounds.candidate[at, :n], control, alpha=alpha)
            answer = judge(found, threshold).outcome
            if answer in (Outcome.PASS, Outcome.FAIL) or n == total:
                answers[at], pairs[at] = str(answer), n
                low[at], high[at] = found.interval.low, found.interval.high
                break
    return Outcomes(answers, pairs, low, high)


def may_decide(rounds: Rounds, threshold: float, alpha: float) -> NDArray[np.bool_]:
    """After which rounds the ranks, the narrowest part of every claim, decide; shape `(series, rounds)`."""
    ratio = log_ratios(rounds.baseline, rounds.candidate) - np.log(threshold)
    needed = [(ratio, alpha)]
    if rounds.control is not None:
        control = log_ratios(rounds.baseline, rounds.control)
        needed += [(ratio - control, OFFSET_LEVEL * alpha), (ratio + control, OFFSET_LEVEL * alpha)]
    n = np.arange(1, ratio.shape[1] + 1)
    below, above = np.ones(ratio.shape, dtype=bool), np.ones(ratio.shape, dtype=bool)
    for values, level in needed:
        k = np.array([rank(int(pairs), level) for pairs in n])
        counts = positive_averages(values)
        below &= (counts <= k) & (k >= 0)
        above &= (counts >= n * (n + 1) // 2 - k) & (k >= 0)
    return np.asarray(below | above)
