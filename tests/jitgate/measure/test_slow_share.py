"""A variant that is far slower than the others has its share of the budget, and no more."""

from __future__ import annotations

from jitgate.measure.slow_share import SlowShare
from jitgate.model.variant import BASELINE


def test_one_that_takes_as_long_as_the_others_never_rests() -> None:
    share = SlowShare()
    for _ in range(100):
        assert share.note({BASELINE: 1.0, "jit": 1.5, "same": 0.9}, 10.0) == 0.0
    assert share.resting(10.0) == set()


def test_a_slow_one_rests_after_half_of_the_budget() -> None:
    share = SlowShare()
    rounds = 0
    while not share.resting(60.0):
        assert share.note({BASELINE: 0.1, "jit": 0.1, "slow": 3.0}, 60.0) == 0.0
        rounds += 1
    assert rounds == 10
    assert share.resting(60.0) == {"slow"}


def test_a_single_turn_longer_than_the_budget_is_not_charged_to_the_others() -> None:
    share = SlowShare()
    assert share.note({BASELINE: 1.0, "slow": 300.0}, 100.0) == 250.0
    assert share.uncharged_s == 250.0
    assert share.resting(100.0) == {"slow"}


def test_a_stall_makes_nobody_slow() -> None:
    share = SlowShare()
    for _ in range(5):
        share.note({BASELINE: 0.1, "jit": 0.1}, 10.0)
    share.note({BASELINE: 0.1, "jit": 25.0}, 10.0)
    assert share.resting(10.0) == set()
    assert share.uncharged_s == 0.0
