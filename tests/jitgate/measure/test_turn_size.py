from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.measure.rounds import LEAST_ROUNDS
from jitgate.measure.turn_size import LATEST_CALLS, MOST_CALLS, MUCH_SLOWER, calls_in_a_turn, calls_of_each
from jitgate.model.variant import BASELINE, CONTROL

from tests.jitgate.measure.fake_team import FakeTeam
from tests.jitgate.measure.test_rounds import rounds_of

SECONDS = st.floats(1e-6, 100.0)


@pytest.mark.parametrize(
    ("seen_s", "expected"),
    [([], 2), ([0.5], 2), ([0.2], 4), ([0.1], 4), ([0.01], 7), ([0.002] * 5, 31), ([1e-7], 1 + MOST_CALLS), ([1.0], 1)],
)
def test_a_turn_is_long_enough_to_pay_for_its_hand_over(seen_s: list[float], expected: int) -> None:
    assert calls_in_a_turn(seen_s) == expected


@pytest.mark.parametrize(
    ("baseline_s", "own_s", "expected"),
    [
        (0.17, 2.5, 1),
        (0.17, 0.6, 2),
        (0.17, 0.4, 4),
        (0.4, 0.79, 4),
        (0.4, 0.8, 2),
        (0.6, 1.19, 2),
        (0.6, 1.2, 1),
        (0.002, 0.005, 13),
        (1.5, 5.0, 1),
        (0.17, 0.01, 4),
    ],
)
def test_who_takes_twice_the_time_makes_the_calls_of_its_own_time(
    baseline_s: float, own_s: float, expected: int
) -> None:
    calls = calls_of_each({BASELINE: [baseline_s], "jit": [own_s]}, fewer=True)
    assert calls == {BASELINE: calls_in_a_turn([baseline_s]), "jit": expected}


@given(SECONDS, SECONDS, st.booleans())
def test_nobody_makes_more_calls_than_the_baseline_and_below_twice_its_time_nobody_makes_fewer(
    baseline_s: float, own_s: float, fewer: bool
) -> None:
    seen_s = {BASELINE: [baseline_s] * 7, CONTROL: [own_s] * 7, "jit": [own_s] * 7}
    calls = calls_of_each(seen_s, fewer=fewer)
    assert calls[CONTROL] == calls[BASELINE] == calls_in_a_turn([baseline_s])
    assert 1 <= calls["jit"] <= calls[BASELINE]
    if own_s < MUCH_SLOWER * baseline_s or not fewer:
        assert calls["jit"] == calls[BASELINE]
    else:
        assert calls["jit"] == min(calls[BASELINE], calls_in_a_turn([own_s]))


def test_calls_that_compiled_make_nobody_slow() -> None:
    seen_s = {BASELINE: [0.17] * 7, "jit": [*[30.0] * 6, *[0.1] * LATEST_CALLS]}
    assert calls_of_each(seen_s, fewer=True)["jit"] == 4


def test_what_is_not_known_makes_nobody_slow() -> None:
    assert calls_of_each({BASELINE: [0.17], "jit": []}, fewer=True) == {BASELINE: 4, "jit": 4}
    assert calls_of_each({"jit": [9.0]}, fewer=True) == {BASELINE: 2, "jit": 2}


def test_who_is_much_slower_makes_fewer_calls_a_turn_and_is_compared_all_the_same() -> None:
    team = FakeTeam(ns={BASELINE: 170_000_000, CONTROL: 170_000_000, "jit": 600_000_000, "aot": 2_500_000_000})
    run = rounds_of(team)
    run.warm_up()
    found = run.run(lambda measurement: [], 600.0)
    for name, steady, cold in ((BASELINE, 3, 1), (CONTROL, 3, 1), ("jit", 1, 1), ("aot", 1, 0)):
        samples, column = found.all_samples[name], found.columns(name).candidate
        assert {len(turn) for turn in samples.turns} == {steady}
        assert len(samples.first_s) == cold * LEAST_ROUNDS
        assert list(column) == [team.ns[name] / 1e9] * LEAST_ROUNDS


@pytest.mark.parametrize(("inputs", "fewer"), [(40, True), (1, False)])
def test_unlike_inputs_and_other_baselines_want_equally_many_calls(inputs: int, fewer: bool) -> None:
    team = FakeTeam(ns={BASELINE: 170_000_000, CONTROL: 170_000_000, "jit": 2_500_000_000, "aot": 170_000_000})
    run = rounds_of(team, inputs=inputs, fewer=fewer)
    run.warm_up()
    found = run.run(lambda measurement: [], 600.0)
    assert {len(turn) for samples in found.all_samples.values() for turn in samples.turns} == {3}
