"""What the next start may change: the interval covers it, and says when workers are to be started again."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jitgate.statistics import Outcome, judge, speedup
from jitgate.statistics.comparison import Speedup
from jitgate.statistics.need import LEAST_ROUNDS, Need, need, rounds_of_a_set
from jitgate.statistics.starts import CONTROL_FACTOR, LOOKS, MOST_SETS, START_SPREAD, between_starts, start_bound
from numpy.typing import NDArray

ALPHA = 0.01


def found(
    ratio: float,
    sets: int = 1,
    rounds: int = 40,
    *,
    moved: NDArray[np.float64] | None = None,
    spread: float = 0.02,
    seed: int = 0,
    starts: bool = True,
) -> Speedup:
    """moved: what each start adds to baseline, candidate and control, logarithms, `(3, sets)`."""
    rng = np.random.default_rng(seed)
    logs = rng.normal(0, spread / math.sqrt(2), (3, sets * rounds))
    logs[1] -= math.log(ratio)
    if moved is not None:
        logs += np.repeat(moved, rounds, axis=1)
    baseline, candidate, control = np.exp(logs)
    labels = np.repeat(np.arange(sets), rounds) if sets > 1 else None
    return speedup(baseline, candidate, control, alpha=ALPHA, processes=labels, starts=starts)


@pytest.mark.parametrize("sets", [look for look in LOOKS if look < 5])
def test_a_start_at_the_stated_scatter_passes_the_bound_as_often_as_alpha_allows(sets: int) -> None:
    level = 0.02
    rng = np.random.default_rng(sets)
    arms = rng.normal(0, START_SPREAD, (3, 200_000, sets))
    u = ((arms[0] + arms[2]) / 2 - arms[1]).mean(axis=1) * math.sqrt(sets)
    v = np.sqrt(((arms[0] - arms[2]) ** 2).mean(axis=1))
    wrong = np.abs(u) > np.maximum(start_bound(sets, level), CONTROL_FACTOR * v)
    assert wrong.mean() == pytest.approx(level, rel=0.06)


def test_the_looks_share_alpha() -> None:
    assert sum(LOOKS.values()) + 0.3 * LOOKS[1] < 1.0
    assert start_bound(1, 0.001) > start_bound(1, 0.01)


def test_five_sets_miss_the_truth_no_more_often_than_their_share_whatever_starts_do() -> None:
    rng = np.random.default_rng(2)
    sets, missed = np.arange(5), 0
    for _ in range(2000):
        baseline, candidate, control = rng.normal(0, 1, (3, 5)) * [[0.05], [0.5], [0.02]]  # all unlike each other
        interval = between_starts((baseline + control) / 2 - candidate, baseline - control, sets, 0.2)
        missed += not interval.low <= 0 <= interval.high
    assert missed / 2000 <= LOOKS[5] * 0.2 + 3 * math.sqrt(0.02 * 0.98 / 2000)


def test_one_set_decides_only_what_is_further_from_the_limit_than_starts_are_apart() -> None:
    bound = math.exp(start_bound(1, LOOKS[1] * ALPHA))
    far, near = found(bound * 1.05), found(bound * 0.95)
    assert [judge(each, 1.0).outcome for each in (far, near)] == [Outcome.PASS, Outcome.INCONCLUSIVE]
    assert (
        f"It rests on one set of processes, and allows for starts that move it by up to {bound - 1:.1%}."
        in judge(far, 1.0).reason
    )
    assert f"another start may move it by {bound - 1:.1%}; measure in more freshly" in judge(near, 1.0).reason
    assert judge(found(bound * 0.95, starts=False), 1.0).outcome is Outcome.PASS


def test_a_start_that_moves_the_control_widens_the_interval() -> None:
    calm, moved = (found(1.5, moved=np.array([[0.0], [0.0], [offset]])) for offset in (0.0, 0.06))
    assert calm.starts is not None
    assert moved.starts is not None
    assert moved.starts.half == pytest.approx(CONTROL_FACTOR * 0.06, abs=0.02)
    assert moved.starts.half > 1.5 * calm.starts.half


def test_sticky_modes_that_are_seen_widen_the_interval_of_one_set_to_their_distance() -> None:
    rng = np.random.default_rng(3)
    logs = rng.normal(0, 0.005, (3, 60))
    logs[1] += np.log(1.2) * (np.arange(60) // 10 % 2)
    found = speedup(*np.exp(logs), starts=True)
    assert found.starts is not None
    assert found.starts.half == pytest.approx(math.log(1.2), abs=0.01)


@pytest.mark.parametrize("sets", range(1, 10))
def test_what_starts_change_never_narrows_what_rounds_show(sets: int) -> None:
    for seed in range(5):
        moved = np.random.default_rng(seed).normal(0, 0.03, (3, sets))
        each = found(1.2, sets, 12, moved=moved, seed=seed)
        assert each.starts is not None
        assert each.starts.sets == max(look for look in LOOKS if look <= sets)
        assert each.interval.low <= each.interval.estimate <= each.interval.high
        assert each.interval.low <= math.exp(each.starts.low)
        assert each.interval.high >= math.exp(each.starts.high)


def test_more_sets_narrow_the_interval_where_starts_agree() -> None:
    widths = [found(1.2, sets, 40).interval.high - found(1.2, sets, 40).interval.low for sets in (1, 3, 5, 8)]
    assert widths == sorted(widths, reverse=True)
    five = found(1.2, 5)
    assert "It rests on 5 sets of processes." in judge(five, 1.1).reason


def test_starts_that_agree_by_luck_are_not_believed_where_the_control_scatters() -> None:
    """Two modes 5 % apart: the candidate is in the slow one in every set, the control in half of them."""
    moved = np.zeros((3, 5))
    moved[1], moved[2] = 0.05, [0.05, 0.0, 0.05, 0.0, 0.05]
    assert judge(found(1.0, 5, moved=moved), 1.0).outcome is Outcome.INCONCLUSIVE


@settings(max_examples=30, deadline=None)
@given(st.floats(1e-6, 1e6), st.integers(1, 6), st.floats(0.8, 1.3))
def test_a_unit_does_not_matter(unit: float, sets: int, limit: float) -> None:
    rng = np.random.default_rng(sets)
    arms = np.exp(rng.normal(0, 0.02, (3, sets * 12)))
    labels = np.repeat(np.arange(sets), 12)
    one, other = (speedup(*(arms * scale), processes=labels, starts=True) for scale in (1.0, unit))
    assert one.interval.low == pytest.approx(other.interval.low, rel=1e-9)
    assert judge(one, limit).outcome is judge(other, limit).outcome
    assert need(one, limit) == need(other, limit)


def test_starts_can_not_be_told_without_a_control() -> None:
    with pytest.raises(ValueError, match="without a control"):
        speedup([1.0, 1.1], [1.0, 1.0], starts=True)


def test_far_from_the_limit_nothing_is_started_again() -> None:
    assert need(found(1.5, rounds=8), 1.1) == Need(rounds=True)
    assert need(found(1.5, rounds=40), 1.1) == Need()


def test_near_the_limit_a_set_ends_when_several_like_it_would_decide() -> None:
    few, many = found(1.15, rounds=5, spread=0.05), found(1.15, rounds=120, spread=0.05)
    assert need(few, 1.1).rounds
    assert need(many, 1.1) == Need(starts=True)
    assert LEAST_ROUNDS <= rounds_of_a_set(many, 1.1) < 120


def test_at_the_limit_rounds_go_on_as_far_as_the_budget() -> None:
    arms = np.tile([1.0, 1.02], 20)
    assert rounds_of_a_set(speedup(arms, arms, arms[::-1].copy(), starts=True), 1.0) > 10_000


def test_a_set_is_whole_before_anything_is_decided_by_it() -> None:
    undecided = found(1.12, 2, rounds=12, spread=0.05)
    assert need(undecided, 1.1) == Need(rounds=True, starts=True)
    decided = found(1.15, 5, rounds=60, spread=0.02)
    assert need(decided, 1.1) == Need()


def test_after_the_last_look_there_is_no_further_start() -> None:
    moved = np.random.default_rng(0).normal(0, 0.1, (3, MOST_SETS))
    assert need(found(1.0, MOST_SETS, 200, moved=moved), 1.01).starts is False


def test_without_starts_a_need_is_one_of_rounds_alone() -> None:
    assert need(found(1.01, starts=False), 1.0).starts is False


def test_a_start_that_can_not_be_trusted_is_followed_by_another() -> None:
    gross = found(1.5, moved=np.array([[0.0], [0.0], [0.3]]))
    assert judge(gross, 1.1).outcome is Outcome.INVALID
    assert need(gross, 1.1).starts
