"""Figures of which a process gives one."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.statistics import single_ratio
from scipy import stats

sizes = st.floats(1e-3, 1e12)


@given(st.lists(sizes, min_size=2, max_size=8), st.lists(sizes, min_size=2, max_size=8))
def test_swapping_the_sides_inverts_the_interval(baseline: list[float], candidate: list[float]) -> None:
    there = single_ratio(baseline, candidate, least=0.01)
    back = single_ratio(candidate, baseline, least=0.01)
    assert there.estimate == pytest.approx(1 / back.estimate)
    assert math.log(there.low) == pytest.approx(-math.log(back.high), rel=1e-6, abs=1e-6) or back.high > 1e300
    assert there.low <= there.estimate <= there.high


@given(st.lists(sizes, min_size=1, max_size=8), sizes)
def test_one_process_of_a_side_gives_an_estimate_and_bounds_nothing(several: list[float], one: float) -> None:
    for found in (single_ratio(several, [one], least=0.01), single_ratio([one], several, least=0.01)):
        assert found.estimate > 0
        assert (found.low, found.high) == (0.0, math.inf)


def test_it_is_welchs_t_on_logarithms() -> None:
    baseline, candidate = [100.0, 104.0, 99.0], [80.0, 95.0]
    found = single_ratio(baseline, candidate, least=0.0)
    unequal = stats.ttest_ind(np.log(candidate), np.log(baseline), equal_var=False)
    expected = unequal.confidence_interval(0.90)
    assert (math.log(found.low), math.log(found.high)) == pytest.approx((expected.low, expected.high))


def test_processes_that_agree_by_chance_do_not_make_it_sharper_than_allowed() -> None:
    found = single_ratio([100.0, 100.0], [104.0, 104.0], least=0.02)
    assert (found.low, found.high) == pytest.approx((1.04 / 1.02, 1.04 * 1.02))


@pytest.mark.parametrize("scatter", [0.05, 0.25], ids=["as the baseline", "five times the baseline"])
def test_the_truth_is_missed_no_more_often_than_is_said(scatter: float) -> None:
    rng = np.random.default_rng(0)
    baselines, candidates = rng.normal(0.0, 0.05, (1000, 10)), rng.normal(0.0, scatter, (1000, 5))
    drawn = zip(np.exp(baselines), np.exp(candidates), strict=True)
    missed = sum(not single_ratio(base, own, least=0.0).contains(1.0) for base, own in drawn)
    assert 60 <= missed <= 140  # 10 % of a thousand, four standard errors to each side


@pytest.mark.parametrize(
    ("base", "other"), [([], [1.0]), ([1.0, 2.0], []), ([1.0, 0.0], [1.0]), ([1.0, 2.0], [math.nan])]
)
def test_no_figures_and_impossible_ones_are_refused(base: list[float], other: list[float]) -> None:
    with np.errstate(divide="ignore"), pytest.raises(ValueError, match="figure"):
        single_ratio(base, other, least=0.01)
