"""Recorded rounds of a real model with planted truth, and error control on simulated ones."""

from __future__ import annotations

import numpy as np
import pytest
from jitgate.statistics import Outcome, first_decision, judge, look_due, looks, speedup

from tests.jitgate.statistics.samples import arms, recorded


@pytest.mark.parametrize("stem", ["small_t10_1thread_p1", "encoder_t10_2threads_p2"])
@pytest.mark.parametrize("controlled", [False, True])
def test_planted_slowness_is_found_and_not_overstated(stem: str, controlled: bool) -> None:
    rounds = recorded(stem)
    control = rounds["eager_twin"] if controlled else None
    found = speedup(rounds["eager"], rounds["slower_12pct"], control)
    assert judge(found, 1.0).outcome is Outcome.FAIL
    assert judge(found, 0.80).outcome is Outcome.PASS
    stopped = first_decision(rounds["eager"], rounds["slower_12pct"], 1.0, control)
    assert stopped is not None
    assert stopped <= 100


def test_the_twin_shows_the_noise_floor() -> None:
    rounds = recorded("small_t10_1thread_p1")
    found = speedup(rounds["eager"], rounds["torchscript"], rounds["eager_twin"])
    assert found.noise_floor >= 0.02
    assert judge(found, 1.10).outcome is Outcome.PASS
    twin = speedup(rounds["eager"], rounds["eager_twin"], rounds["eager_twin"])
    assert judge(twin, 1.0).outcome is Outcome.INVALID


def test_equal_arms_are_seldom_called_different_under_peeking() -> None:
    wrong = 0
    for seed in range(400):
        baseline, candidate, _ = arms(150, seed=seed)
        wrong += first_decision(baseline, candidate, 1.0) is not None
    assert wrong <= 8  # alpha 1 % of 400 is 4; 9 or more have probability 2 %


def test_the_first_decision_is_the_first_of_all_looks() -> None:
    baseline, candidate, _ = arms(80, 1.08, seed=3)
    answers = [judge(speedup(baseline[:n], candidate[:n]), 1.0).outcome for n in range(1, 81)]
    assert first_decision(baseline, candidate, 1.0) == answers.index(Outcome.PASS) + 1


def test_looks_end_with_all_pairs_and_grow_rare() -> None:
    at = list(looks(100_000))
    assert at[:200] == list(range(1, 201))
    assert at[-1] == 100_000
    assert len(at) < 400
    assert list(looks(0)) == []
    assert all(np.diff(at) > 0)


def test_a_caller_may_ask_whether_to_look() -> None:
    assert all(look_due(n) for n in range(1, 201))
    assert 30 < sum(look_due(n) for n in range(201, 401)) < 70
