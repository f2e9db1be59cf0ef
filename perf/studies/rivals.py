"""Other tools' rules, as their documentation or source states them, on many simulated measurements at once.

Each returns one entry a measurement: +1 where it calls the candidate slower, -1 faster, 0 neither.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from studies.noise import Rounds

    Calls = NDArray[np.int64]


@dataclass(frozen=True)
class Rival:
    """paired: whether it gets interleaved rounds; otherwise it gets sequential blocks."""

    name: str
    asks: str
    paired: bool
    calls: Callable[[Rounds, float], Calls]


def _mean_5(rounds: Rounds, _alpha: float) -> Calls:
    change = rounds.candidate.mean(axis=1) / rounds.baseline.mean(axis=1)
    return np.where(change > 1.05, 1, 0)


def _median_5(rounds: Rounds, _alpha: float) -> Calls:
    change = np.median(rounds.candidate, axis=1) / np.median(rounds.baseline, axis=1)
    return np.where(change > 1.05, 1, 0)


def _mann_whitney(rounds: Rounds, alpha: float) -> Calls:
    from scipy.stats import mannwhitneyu

    p = mannwhitneyu(rounds.candidate, rounds.baseline, axis=1, method="asymptotic").pvalue
    slower = np.median(rounds.candidate, axis=1) > np.median(rounds.baseline, axis=1)
    return np.where(p < alpha, np.where(slower, 1, -1), 0)


def _welch(rounds: Rounds, alpha: float) -> Calls:
    from scipy.stats import ttest_ind

    test = ttest_ind(rounds.candidate, rounds.baseline, axis=1, equal_var=False)
    return np.where(test.pvalue < alpha, np.sign(test.statistic), 0).astype(np.int64)


def _paired_z(rounds: Rounds, alpha: float) -> Calls:
    from scipy.special import ndtri

    difference = rounds.candidate - rounds.baseline
    z = difference.mean(axis=1) / (difference.std(axis=1, ddof=1) / np.sqrt(difference.shape[1]))
    return np.where(np.abs(z) > -ndtri(alpha / 2), np.sign(z), 0).astype(np.int64)


RIVALS = (
    Rival("mean:5%", "pytest-benchmark: is this run's mean more than 5 % above that run's?", False, _mean_5),
    Rival("median:5%", "pytest-benchmark: is this run's median more than 5 % above that run's?", False, _median_5),
    Rival("Mann-Whitney", "asv, google/benchmark: do the two runs have different distributions?", False, _mann_whitney),
    Rival("Welch t", "pyperf: do the two runs have different means?", False, _welch),
    Rival(
        "paired z",
        "tango, without its outlier filter: does the mean difference of pairs differ from 0?",
        True,
        _paired_z,
    ),
)
