"""Bounds of quantiles, and levels over many gates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from jitgate.statistics import fewest_calls, level_per_gate, tail, tail_speedup


def test_bounds_hold_the_true_quantile_at_every_look() -> None:
    missed = 0
    for seed in range(200):
        values = np.random.default_rng(seed).lognormal(0, 0.3, 400)
        truth = math.exp(0.3 * 1.6448536)
        looks = [tail(values[:n], 0.95) for n in range(20, 401, 20)]
        missed += any(not found.low <= truth <= found.high for found in looks)
    assert missed <= 6


def test_few_calls_bound_p95_from_below_only() -> None:
    values = np.random.default_rng(0).lognormal(0, 0.3, 60)
    found = tail(values, 0.95)
    assert found.high == math.inf
    assert 0 < found.low < found.estimate


def test_enough_calls_bound_p95_on_both_sides() -> None:
    found = tail(np.random.default_rng(0).lognormal(0, 0.3, 400), 0.95)
    assert found.low < found.estimate < found.high < math.inf


def test_neighbours_that_resemble_each_other_widen_the_bounds() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 1, 800)
    for at in range(1, 800):
        noise[at] = 0.7 * noise[at - 1] + math.sqrt(1 - 0.49) * noise[at]
    correlated, shuffled = tail(np.exp(0.3 * noise), 0.95), tail(np.exp(0.3 * rng.permutation(noise)), 0.95)
    assert correlated.high / correlated.low > shuffled.high / shuffled.low


def test_a_shorter_tail_is_a_speedup() -> None:
    rng = np.random.default_rng(2)
    found = tail_speedup(rng.lognormal(0, 0.1, 1500), rng.lognormal(-0.5, 0.1, 1500), 0.95)
    assert 1.4 < found.low < math.exp(0.5) < found.high


def test_no_calls_say_nothing() -> None:
    found = tail([], 0.95)
    assert (found.low, found.high) == (0.0, math.inf)


@pytest.mark.parametrize("quantile", [0.95, 0.99])
def test_the_fewest_calls_are_the_first_that_bound_the_quantile_from_above(quantile: float) -> None:
    fewest = fewest_calls(quantile)
    values = np.random.default_rng(3).lognormal(0, 0.3, fewest)
    assert tail(values, quantile).high < math.inf
    assert tail(values[:-1], quantile).high == math.inf


@pytest.mark.parametrize("quantile", [0, 1, 95])
def test_a_quantile_is_a_share(quantile: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        tail([1.0], quantile)


def test_gates_share_the_sessions_alpha() -> None:
    assert level_per_gate(0.01, 1) == 0.01
    assert 5 * level_per_gate(0.01, 5) == pytest.approx(0.01)


@pytest.mark.parametrize(("alpha", "gates"), [(0.0, 1), (1.0, 1), (0.01, 0)])
def test_levels_that_mean_nothing_are_refused(alpha: float, gates: int) -> None:
    with pytest.raises(ValueError, match="must"):
        level_per_gate(alpha, gates)


def test_a_coarse_clock_widens_the_bounds_by_a_tick() -> None:
    """15.6 ms ticks, as on Windows: every call takes two, and one in ten three."""
    tick_s = 1 / 64
    calls = np.where(np.arange(600) % 10 == 3, 3 * tick_s, 2 * tick_s)
    coarse = tail(calls, 0.95)
    assert coarse.low <= 2 * tick_s
    assert coarse.high == pytest.approx(4 * tick_s)
    fine = tail(calls * (1 + 1e-7 * np.arange(600)), 0.95)
    assert fine.high == pytest.approx(3 * tick_s, rel=1e-3)
