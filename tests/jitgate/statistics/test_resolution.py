"""Clocks that are too coarse, and verdicts that don't depend on a unit."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jitgate.statistics import Outcome, judge, speedup
from jitgate.statistics.limits import reaches, within
from jitgate.statistics.resolution import resolution, tick
from numpy.typing import NDArray

Series = NDArray[np.float64]
TICK_S = 0.015625


def coarse(seconds: float, rounds: int = 40, tick_s: float = TICK_S) -> Series:
    """Rounds that begin with a tick, by a clock that ticks."""
    scatter = 0.0005 * ((np.arange(rounds) * 7) % 5 - 2)
    read: Series = np.floor((seconds + scatter) / tick_s) * tick_s
    return read


def test_a_clock_that_never_ticked_in_between_proves_nothing() -> None:
    found = speedup(coarse(0.118), coarse(0.112), coarse(0.118))
    verdict = judge(found, 1.03)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "rounds of the baseline take one tick of the clock, as far as these figures tell" in verdict.reason
    assert (found.interval.low, found.interval.high) == (0.0, math.inf)
    assert verdict.pairs_needed is None


def test_a_tick_is_part_of_the_interval_and_is_said() -> None:
    found = speedup(coarse(0.118), coarse(0.106), coarse(0.118))
    assert found.resolution is not None
    assert found.resolution.tick_s == TICK_S
    assert found.interval.low == pytest.approx((7 - 1) / (6 + 1))
    assert found.interval.high == pytest.approx((7 + 1) / (6 - 1))
    assert any("rounds of the candidate take 6 ticks of the clock" in note for note in found.notes)
    assert judge(found, 1.1).outcome is Outcome.INCONCLUSIVE
    assert judge(found, 0.8).outcome is Outcome.PASS
    assert judge(found, 1.7).outcome is Outcome.FAIL


def test_the_control_is_known_to_a_tick_too() -> None:
    found = speedup(coarse(0.118), coarse(0.118), coarse(0.106))
    assert found.control is not None
    assert found.control.contains(1.0)
    assert found.invalid is None


def test_durations_that_scatter_over_ticks_are_judged_as_ever() -> None:
    random = np.random.default_rng(0)
    baseline, candidate = (np.floor(random.normal(mean, 0.05, 200) / TICK_S) * TICK_S for mean in (0.5, 0.4))
    arms = {"baseline": baseline, "candidate": candidate}
    assert resolution(arms, "baseline", "candidate") is None
    assert speedup(baseline, candidate).resolution is None


def test_a_fine_clock_has_no_resolution() -> None:
    random = np.random.default_rng(0)
    arms = {"baseline": random.normal(1, 0.01, 50), "candidate": random.normal(1, 0.01, 50)}
    assert resolution(arms, "baseline", "candidate") is None


def test_a_tick_is_the_smallest_step_or_the_shortest_duration() -> None:
    assert tick(np.array([0.5, 0.5, 0.6, 0.85])) == pytest.approx(0.1)
    assert tick(np.array([0.3, 0.3])) == 0.3
    assert tick(np.array([0.3, 0.1 + 0.2])) == 0.3


TEXTS = st.tuples(st.integers(1, 9999), st.integers(1, 9999))


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.integers(-9, 4), st.integers(3, 40), st.booleans())
def test_equal_rounds_get_one_verdict_in_every_unit(
    texts: tuple[int, int], exponent: int, rounds: int, control: bool
) -> None:
    base, cand = texts
    threshold = float(Decimal(base) / Decimal(cand))
    seen = set()
    for shift in (0, exponent):
        one, other = (np.full(rounds, float(Decimal(each).scaleb(shift - 3))) for each in texts)
        found = speedup(one, other, one.copy() if control else None)
        seen.add((judge(found, threshold).outcome, judge(found, 0.5 * threshold).outcome))
    assert len(seen) == 1


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000), st.floats(1e-6, 1e6), st.sampled_from([0.9, 1.0, 1.1, 1.25]), st.integers(3, 80))
def test_verdicts_do_not_change_with_the_unit(seed: int, factor: float, threshold: float, rounds: int) -> None:
    random = np.random.default_rng(seed)
    baseline, candidate, control = (
        mean * np.exp(random.normal(0, 0.02, rounds)).round(random.integers(2, 9)) for mean in (1.1, 1.0, 1.1)
    )
    before = judge(speedup(baseline, candidate, control), threshold)
    after = judge(speedup(factor * baseline, factor * candidate, factor * control), threshold)
    assert before.outcome is after.outcome
    assert before.pairs_needed == after.pairs_needed


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(-9, 9))
def test_a_figure_that_equals_its_limit_reaches_it_and_is_within_it(one: int, other: int, exponent: int) -> None:
    limit = float(Decimal(one) / Decimal(other))
    figure = float(Decimal(one).scaleb(exponent)) / float(Decimal(other).scaleb(exponent))
    assert reaches(figure, limit)
    assert within(figure, limit)
    assert reaches(-figure, -limit)
    assert within(-figure, -limit)


@given(st.floats(1e-9, 1e9), st.floats(1e-8, 1.0))
def test_a_figure_that_is_not_its_limit_is_on_one_side(limit: float, share: float) -> None:
    assume(limit * (1 - share) < limit)
    assert not reaches(limit * (1 - share), limit)
    assert not within(limit * (1 + share), limit)
