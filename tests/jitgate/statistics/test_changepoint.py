"""Change points: found where they are, none where nothing changed, and two modes are no change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.statistics.changepoint import (
    AGES,
    FALSE_ALARMS_PER_RUN,
    _bets,
    change_points,
    change_points_of,
    threshold,
)
from jitgate.statistics.modes import two_modes
from jitgate.statistics.regression import run_change


def noise(runs: int, seed: int = 0, width: float = 0.02) -> np.ndarray:
    return np.exp(width * np.random.default_rng(seed).standard_normal(runs))


def test_nothing_changes_and_nothing_is_said() -> None:
    table = np.exp(0.02 * np.random.default_rng(1).standard_normal((500, 200)))
    assert sum(map(len, change_points_of(table, threshold(500)))) <= 200 * FALSE_ALARMS_PER_RUN * 3


def test_a_step_is_found_soon_and_in_its_place() -> None:
    values = noise(120)
    values[60:] *= 1.1
    (found,) = change_points(values.tolist(), threshold(50))
    assert abs(found.index - 60) <= 1
    assert found.alarm - 60 < 10
    assert found.change == pytest.approx(0.1, abs=0.03)


def test_there_and_back_are_two() -> None:
    values = noise(160, 3)
    values[60:110] *= 1.1
    found = change_points(values.tolist(), threshold(1))
    assert [point.change > 0 for point in found] == [True, False]


def test_a_series_is_judged_alone_as_among_others() -> None:
    table = np.array([noise(100, seed) for seed in range(5)])
    table[2, 50:] *= 1.2
    assert change_points_of(table, 1000.0)[2] == change_points(table[2].tolist(), 1000.0)


def test_a_shorter_series_ends_where_it_ends() -> None:
    table = np.array([noise(100), noise(100, 1)])
    table[1, 80:] = np.nan
    table[1, 50:80] *= 1.3
    assert [len(points) for points in change_points_of(table, 100_000.0)] == [0, 1]


def test_equal_figures_are_no_change() -> None:
    assert change_points([1.0] * 100, threshold(1)) == []
    assert len(change_points([1.0] * 30 + [2.0] * 30, threshold(50))) == 1


def test_two_modes_are_told_from_a_step_and_from_noise() -> None:
    rng = np.random.default_rng(5)
    jumping = np.where(rng.random(60) < 0.3, 1.08, 1.0) * noise(60, 5, 0.004)
    found = two_modes(jumping.tolist())
    assert found is not None
    assert found.gap == pytest.approx(0.08, abs=0.01)
    assert 0.15 < found.share < 0.45
    step = noise(60, 6, 0.004)
    step[30:] *= 1.08
    assert two_modes(step.tolist()) is None
    assert [two_modes(noise(60, seed).tolist()) for seed in range(50)] == [None] * 50


def test_a_run_is_compared_by_how_runs_scatter() -> None:
    level = [1.0, 1.01, 0.99, 1.005, 0.995]
    found = run_change(1.2, level, alpha=0.01)
    assert found.low < 0.2 < found.high
    assert found.low > 0.1
    assert run_change(1.0, level, alpha=0.01).low < 0 < run_change(1.0, level, alpha=0.01).high
    assert run_change(1.0, [1.0], alpha=0.01).high == np.inf


def test_the_interval_covers_a_new_run_as_often_as_it_says() -> None:
    rng = np.random.default_rng(7)
    logs = 0.02 * rng.standard_normal((4000, 6))
    missed = 0
    for *level, now in np.exp(logs).tolist():
        found = run_change(now, level, alpha=0.05)
        missed += not found.low <= 0 <= found.high
    assert missed / 4000 == pytest.approx(0.05, abs=0.012)


@pytest.mark.parametrize("runs", [1, 2, 5, 10, 50, 200, 1000])
@pytest.mark.parametrize("age", AGES)
def test_no_bet_gains_by_chance(runs: int, age: int) -> None:
    """Over equally likely ranks each bet has mean 1, on which the bound on false alarms stands."""
    ranks = np.arange(runs)
    np.testing.assert_allclose(_bets(runs, age, ranks, runs - 1 - ranks).mean(axis=1), 1)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40), st.sampled_from(AGES))
def test_equal_runs_bet_less_than_their_ranks_would(values: list[int], age: int) -> None:
    """Each of the runs is the newest once."""
    table = np.array(values)
    under = (table[None] < table[:, None]).sum(axis=1)
    over = (table[None] > table[:, None]).sum(axis=1)
    bets = _bets(len(values), age, under, over)
    assert (bets.mean(axis=1) <= 1 + 1e-9).all()
