"""Boundary and Walsh averages against slow, obvious versions of themselves."""

from __future__ import annotations

import numpy as np
import pytest
from jitgate.statistics import boundary, walsh
from jitgate.statistics.sequential import positive_averages
from scipy import stats


@pytest.mark.parametrize("pairs", [1, 5, 12, 30])
def test_null_distribution_is_wilcoxons(pairs: int) -> None:
    rng = np.random.default_rng(pairs)
    counts = positive_averages(rng.normal(size=(20_000, pairs)))[:, -1]
    ours = boundary.null_distribution(pairs)
    assert ours[-1] == pytest.approx(1)
    assert np.max(np.abs(stats.ecdf(counts).cdf.evaluate(np.arange(len(ours))) - ours)) < 0.015


def test_positive_averages_are_counted() -> None:
    values = np.random.default_rng(0).normal(size=25)
    i, j = np.triu_indices(25)
    assert positive_averages(values[None])[0, -1] == np.sum(values[i] + values[j] > 0)


def test_nothing_is_decided_by_fewer_than_ten_pairs() -> None:
    assert boundary.fewest_pairs(0.01) == 10
    assert boundary.rank(9, 0.01) == -1


def test_exact_and_normal_ranks_meet() -> None:
    below, above = boundary.rank(boundary.EXACT_PAIRS, 0.01), boundary.rank(boundary.EXACT_PAIRS + 1, 0.01)
    assert 0 < above - below < 0.05 * above


def test_stricter_levels_need_more_extreme_ranks() -> None:
    ranks = [boundary.rank(40, alpha) for alpha in (0.05, 0.01, 0.002)]
    assert ranks == sorted(ranks, reverse=True)
    assert len(set(ranks)) == 3


@pytest.mark.parametrize("pairs", [10, 200, 257, 900])
@pytest.mark.parametrize("kind", ["normal", "heavy", "ties", "two levels"])
def test_bounds_are_order_statistics_of_all_averages(pairs: int, kind: str) -> None:
    rng = np.random.default_rng(pairs)
    values = {
        "normal": rng.normal(0.1, 0.05, pairs),
        "heavy": rng.standard_t(2, pairs),
        "ties": np.round(rng.normal(0, 2, pairs)),
        "two levels": rng.normal(0, 0.01, pairs) + rng.integers(0, 2, pairs),
    }[kind]
    i, j = np.triu_indices(pairs)
    averages = np.sort(values[i] + values[j]) / 2
    k = boundary.rank(pairs, 0.01)
    found = walsh.bounds(values, k)
    assert found.low == pytest.approx(averages[k], abs=1e-12)
    assert found.high == pytest.approx(averages[-1 - k], abs=1e-12)
    assert found.estimate == pytest.approx(np.median(averages), abs=1e-9)


def test_binned_bounds_enclose_the_exact_ones() -> None:
    values = np.random.default_rng(1).standard_t(3, walsh.COUNTED_PAIRS) * 0.05
    k = boundary.rank(len(values), 0.01)
    exact = walsh.bounds(values, k)
    binned = walsh._binned(values, k)
    half = (exact.high - exact.low) / 2
    assert exact.low - 0.05 * half <= binned[0] <= exact.low
    assert exact.high <= binned[2] <= exact.high + 0.05 * half
    assert binned[1] == pytest.approx(exact.estimate, abs=0.05 * half)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("ticks", [1, 5, 20])
def test_values_that_differ_by_rounding_alone_have_bounds(seed: int, ticks: int) -> None:
    """What is counted and what is formed differ by rounding where 700 values share a few neighbouring floats."""
    rng = np.random.default_rng(seed)
    one = 10.0 ** rng.integers(-6, 3)
    values = one + rng.integers(0, ticks + 1, 700) * np.spacing(one)
    found = walsh.bounds(values, 50)
    assert values.min() <= found.low <= found.estimate <= found.high <= values.max()


@pytest.mark.parametrize("seed", range(100))
def test_values_of_a_coarse_clock_have_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(0, 0.02, 700), 2) + 0.1
    found = walsh.bounds(values, int(rng.integers(1, 3000)))
    assert values.min() <= found.low <= found.estimate <= found.high <= values.max()
