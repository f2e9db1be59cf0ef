"""Properties that hold for any rounds, and what is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from jitgate.statistics import DurationsError, Outcome, Speedup, judge, speedup
from numpy.typing import NDArray

from tests.jitgate.statistics.samples import arms

Series = NDArray[np.float64]
durations = st.floats(1e-6, 1e3, allow_nan=False, allow_infinity=False)


def rounds(count: int) -> st.SearchStrategy[Series]:
    return st.integers(1, 60).flatmap(lambda n: hnp.arrays(np.float64, (count, n), elements=durations))


@settings(max_examples=60, deadline=None)
@given(rounds(2))
def test_swapping_the_arms_inverts_the_interval(both: Series) -> None:
    there = speedup(both[0], both[1]).interval
    back = speedup(both[1], both[0]).interval
    assert math.isclose(there.estimate, 1 / back.estimate, rel_tol=1e-9)
    assert math.isclose(there.low, 1 / back.high, rel_tol=1e-9)
    assert math.isclose(there.high, 1 / back.low if back.low > 0 else math.inf, rel_tol=1e-9)


@settings(max_examples=60, deadline=None)
@given(rounds(3), st.floats(1e-3, 1e3))
def test_scaling_all_arms_changes_nothing(three: Series, factor: float) -> None:
    before, after = speedup(*three), speedup(*(three * factor))
    assert np.allclose(_figures(before), _figures(after), rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(rounds(3), st.integers(0, 2**32 - 1))
def test_common_drift_changes_nothing(three: Series, seed: int) -> None:
    three = three * np.linspace(1, 1.001, three.size).reshape(three.shape)  # a clock that is not coarse
    drift = np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.05, three.shape[1])))
    before, after = speedup(*three), speedup(*(three * drift))
    assert np.allclose(_figures(before), _figures(after), rtol=1e-6)


@settings(max_examples=60, deadline=None)
@given(rounds(3))
def test_the_control_only_widens_and_the_interval_is_in_order(three: Series) -> None:
    alone, controlled = speedup(three[0], three[1]).interval, speedup(*three).interval
    assert controlled.low <= alone.low <= alone.estimate <= alone.high <= controlled.high
    assert alone.estimate == controlled.estimate


@settings(max_examples=60, deadline=None)
@given(rounds(2), st.floats(0.2, 5))
def test_one_interval_serves_all_limits(both: Series, threshold: float) -> None:
    found = speedup(both[0], both[1])
    answer = judge(found, threshold).outcome
    if answer is Outcome.PASS:
        assert found.interval.low >= threshold
        assert judge(found, threshold * 0.9).outcome in (Outcome.PASS, Outcome.INVALID)
    if answer is Outcome.FAIL:
        assert found.interval.high < threshold
        assert judge(found, threshold * 1.1).outcome in (Outcome.FAIL, Outcome.INVALID)


@pytest.mark.parametrize("ratio", [1.06, 1.22])
def test_more_pairs_of_the_same_kind_never_turn_pass_into_fail(ratio: float) -> None:
    baseline, candidate, control = arms(3000, ratio, seed=4)
    answers = [
        judge(speedup(baseline[:n], candidate[:n], control[:n]), 1.0).outcome
        for n in (50, 100, 200, 400, 800, 1600, 3000)
    ]
    assert Outcome.FAIL not in answers
    assert answers[-1] is Outcome.PASS


def test_the_interval_narrows_to_the_truth() -> None:
    baseline, candidate, _ = arms(20_000, 1.15, seed=1)
    found = speedup(baseline, candidate).interval
    assert found.low < 1.15 < found.high
    assert found.high / found.low < 1.005


def test_twelve_pairs_decide_a_clear_effect() -> None:
    decided = 0
    for seed in range(100):
        baseline, candidate, control = arms(12, 1.22, spread=0.015, seed=seed)
        decided += judge(speedup(baseline, candidate, control), 1.10).outcome is Outcome.PASS
    assert decided >= 90


def test_too_few_pairs_claim_nothing() -> None:
    baseline, candidate, _ = arms(7, 3.0)
    found = speedup(baseline, candidate)
    assert (found.interval.low, found.interval.high) == (0.0, math.inf)
    assert found.mde == math.inf


def test_a_clock_without_scatter_is_known_to_a_tick() -> None:
    found = speedup(np.full(20, 0.20), np.full(20, 0.10) + 0.001)
    assert found.interval.low == pytest.approx(2.0 / 1.01 * (1 - 0.099 / 0.2) / (1 + 0.099 / 0.101))
    fine = speedup(np.full(20, 0.200), np.linspace(0.100, 0.101, 20))
    assert judge(fine, 1.9).outcome is Outcome.PASS


def test_outliers_do_not_move_the_estimate() -> None:
    baseline, candidate, _ = arms(100, 1.2, seed=2)
    calm = speedup(baseline, candidate).interval
    candidate[::20] *= 50
    hit = speedup(baseline, candidate).interval
    assert abs(hit.estimate / calm.estimate - 1) < 0.02
    assert hit.low > 1.1


@pytest.mark.parametrize("bad", [math.nan, 0.0, -0.1, math.inf])
@pytest.mark.parametrize("arm", ["baseline", "candidate", "control"])
def test_a_bad_duration_is_refused_with_its_round(bad: float, arm: str) -> None:
    three = dict(zip(("baseline", "candidate", "control"), arms(20), strict=True))
    three[arm][6] = bad
    with pytest.raises(DurationsError, match=rf"^{arm}, round 7: "):
        speedup(*three.values())


def test_a_missing_round_is_named() -> None:
    baseline, candidate, _ = arms(20)
    with pytest.raises(DurationsError, match=r"^candidate, round 19: missing"):
        speedup(baseline, candidate[:18])


@pytest.mark.parametrize(
    ("wrong", "said"), [([], "no rounds"), ([[1.0], [2.0]], "one figure per round"), (["x"], "series of numbers")]
)
def test_what_is_no_series_is_refused(wrong: list[Any], said: str) -> None:
    with pytest.raises(DurationsError, match=said):
        speedup(wrong, wrong)


def test_common_drift_is_named_but_harmless() -> None:
    baseline, candidate, _ = arms(200, seed=3)
    drift = np.linspace(1, 1.3, 200)
    found = speedup(baseline * drift, candidate * drift)
    assert any("slower while the rounds were timed" in note for note in found.notes)
    assert found.interval.contains(1.0)


def test_memory_between_rounds_widens_and_is_named() -> None:
    rng = np.random.default_rng(5)
    noise = rng.normal(0, 0.05, 200)
    for at in range(1, 200):
        noise[at] += 0.7 * noise[at - 1]
    correlated = speedup(np.exp(noise), np.ones(200))
    independent = speedup(np.exp(rng.permutation(noise)), np.ones(200))
    assert correlated.design_effect > 2 > independent.design_effect
    assert any("resemble" in note for note in correlated.notes)


def _figures(found: Speedup) -> list[float]:
    control = found.control
    assert control is not None
    return [
        found.interval.estimate,
        found.interval.low,
        found.interval.high,
        found.spread,
        found.noise_floor,
        control.low,
        control.high,
    ]
