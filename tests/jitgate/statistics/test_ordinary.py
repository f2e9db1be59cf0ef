"""The ordinary interval: what is reported and decides nothing."""

from __future__ import annotations

import numpy as np
import pytest
from jitgate.statistics import ordinary_ratio
from scipy.stats import wilcoxon


def arms(ratio: float, pairs: int, seed: int, spread: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return np.exp(rng.normal(0, spread, pairs)) * ratio, np.exp(rng.normal(0, spread, pairs))


@pytest.mark.parametrize("pairs", [3, 5, 10, 40, 100])
def test_it_misses_the_truth_about_once_in_twenty(pairs: int) -> None:
    missed = 0
    for seed in range(600):
        found = ordinary_ratio(*arms(1.2, pairs, seed))
        assert found is not None
        missed += not found.contains(1.2)
    assert missed <= 46, "5 % of 600 are 30; three standard deviations more"
    assert missed >= 2


def test_its_ends_are_where_the_signed_rank_test_changes_its_mind() -> None:
    baseline, candidate = arms(1.1, 20, 3)
    found = ordinary_ratio(baseline, candidate)
    assert found is not None
    for end, step in ((found.low, 0.999), (found.high, 1.001)):
        assert wilcoxon(np.log(baseline / candidate / end / step)).pvalue <= 0.05 + 0.01
        assert wilcoxon(np.log(baseline / candidate / end * step)).pvalue > 0.04


def test_a_start_is_one_figure_where_there_are_several() -> None:
    baseline, candidate = arms(1.0, 60, 1, spread=0.001)
    labels = np.repeat(np.arange(3), 20)
    shifted = candidate * np.array([0.9, 1.0, 1.1])[labels]
    together, apart = ordinary_ratio(baseline, shifted), ordinary_ratio(baseline, shifted, labels)
    assert together is not None
    assert apart is not None
    assert apart.high / apart.low > (together.high / together.low) ** 10


def test_one_pair_has_no_interval() -> None:
    assert ordinary_ratio(np.array([1.0]), np.array([0.9])) is None
