"""The four answers and what they advise."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from jitgate.statistics import Outcome, judge, speedup

from tests.jitgate.statistics.samples import arms


def test_pass_says_there_is_nothing_to_do() -> None:
    verdict = judge(speedup(*arms(100, 1.3)), 1.10)
    assert verdict.outcome is Outcome.PASS
    assert "1.100 was asked for: nothing to do" in verdict.reason


def test_fail_says_to_look_for_the_cause() -> None:
    verdict = judge(speedup(*arms(100, 0.9)), 1.0)
    assert verdict.outcome is Outcome.FAIL
    assert "find what made it slow, or lower the limit" in verdict.reason


def test_inconclusive_says_how_many_more_rounds() -> None:
    baseline, candidate, _ = arms(30, 1.02, seed=8)
    verdict = judge(speedup(baseline, candidate), 1.0)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.pairs_needed is not None
    assert verdict.seconds_needed == pytest.approx(verdict.pairs_needed * 0.04, rel=0.1)
    assert f"measure about {verdict.pairs_needed} more rounds" in verdict.reason


def test_the_forecast_usually_suffices() -> None:
    enough = asked = 0
    for seed in range(40):
        baseline, candidate, _ = arms(3000, 1.05, seed=seed)
        verdict = judge(speedup(baseline[:20], candidate[:20]), 1.0)
        if verdict.pairs_needed is None or verdict.pairs_needed > 2900:
            continue
        asked += 1
        n = 20 + verdict.pairs_needed
        enough += judge(speedup(baseline[:n], candidate[:n]), 1.0).outcome is Outcome.PASS
    assert asked >= 20
    assert enough >= asked / 2


def test_eight_rounds_are_called_too_few() -> None:
    verdict = judge(speedup(*arms(8, 1.3)), 1.10)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason.startswith("Too few rounds (8) to say anything")


def test_an_estimate_on_the_limit_promises_no_number_of_rounds() -> None:
    found = speedup(np.full(40, 1.0) * np.tile([1.05, 1 / 1.05], 20), np.linspace(1, 1.0001, 40))
    verdict = judge(dataclasses.replace(found, interval=dataclasses.replace(found.interval, estimate=1.0)), 1.0)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.pairs_needed is None
    assert "move the limit" in verdict.reason


def test_a_floor_above_the_distance_is_invalid() -> None:
    baseline, candidate, control = arms(300, 1 / 1.03, seed=1)
    verdict = judge(speedup(baseline, candidate, control * 1.045), 1.0)
    assert verdict.outcome is Outcome.INVALID
    assert "this machine can't tell 4." in verdict.reason
    assert "freshly started processes" in verdict.reason


@pytest.mark.parametrize(
    ("ratio", "threshold", "answer"),
    [(1 / 1.12, 1.0, Outcome.FAIL), (1.0, 1.10, Outcome.FAIL), (1.3, 1.1, Outcome.PASS)],
)
@pytest.mark.parametrize("off", [1.04, 1 / 1.04])
def test_a_floor_below_the_distance_hinders_nothing(
    ratio: float, threshold: float, answer: Outcome, off: float
) -> None:
    baseline, candidate, control = arms(300, ratio, seed=1)
    assert judge(speedup(baseline, candidate, control * off), threshold).outcome is answer


def test_a_gross_floor_is_invalid_whatever_the_distance() -> None:
    baseline, candidate, control = arms(60, 2.0, seed=1)
    verdict = judge(speedup(baseline, candidate, control * 1.25), 1.10)
    assert verdict.outcome is Outcome.INVALID
    assert "two copies of the baseline differ by 2" in verdict.reason


def test_a_ratio_that_drifts_across_the_limit_is_invalid() -> None:
    baseline, candidate, _ = arms(200, 1.2, spread=0.02, seed=1)
    candidate[100:] *= 1.2 / 1.05
    verdict = judge(speedup(baseline, candidate), 1.10)
    assert verdict.outcome is Outcome.INVALID
    assert "changed during the measurement" in verdict.reason


@pytest.mark.parametrize("threshold", [0.0, -1.0, float("nan"), float("inf")])
def test_a_limit_that_is_no_ratio_is_refused(threshold: float) -> None:
    found = speedup(*arms(20))
    with pytest.raises(ValueError, match="threshold must be a positive number"):
        judge(found, threshold)


def test_processes_that_disagree_ask_for_more_processes() -> None:
    baseline, candidate, _ = arms(100, 1.15, spread=0.02, seed=6)
    labels = np.repeat([0, 1], 50)
    verdict = judge(speedup(baseline, candidate * np.array([1.0, 1.1])[labels], processes=labels), 1.10)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "more freshly started processes" in verdict.reason


def test_a_narrow_interval_gets_more_decimals() -> None:
    baseline, candidate, _ = arms(4000, 1.0, spread=0.005, seed=1)
    verdict = judge(speedup(baseline, candidate), 1.0)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "between 0.999" in verdict.reason
    assert "1.000 times" not in verdict.reason


def test_an_extreme_level_only_needs_more_rounds() -> None:
    baseline, candidate, _ = arms(40, 2.0)
    assert judge(speedup(baseline, candidate, alpha=1e-30), 1.1).outcome is Outcome.INCONCLUSIVE
    assert judge(speedup(baseline, candidate, alpha=0.9), 1.1).outcome is Outcome.PASS
