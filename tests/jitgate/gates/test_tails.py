"""Gates on slow calls."""

import pytest
from jitgate.model.failure import Failure, FailureKind
from jitgate.statistics import Outcome

from tests.jitgate.measurements import made_of
from tests.jitgate.results import JUDGE


@pytest.mark.parametrize(
    ("limit_ms", "expected"), [(12.0, Outcome.PASS), (9.0, Outcome.FAIL), (10.23, Outcome.INCONCLUSIVE)]
)
def test_latency_is_judged_by_the_bounds_of_the_percentile(limit_ms: float, expected: Outcome) -> None:
    # 10 ms with a spread of 1.4 %: p95 is near 10.23 ms, and 400 calls bound it.
    verdict = JUDGE.timed(made_of(1.0, rounds=400), "jit", "max_p95_ms", limit_ms)
    assert verdict.outcome is expected
    assert verdict.label == f"max_p95_ms={limit_ms:g}"


@pytest.mark.parametrize(
    ("minimum", "expected"), [(1.10, Outcome.PASS), (1.60, Outcome.FAIL), (1.40, Outcome.INCONCLUSIVE)]
)
def test_the_tail_is_compared_with_the_baselines(minimum: float, expected: Outcome) -> None:
    verdict = JUDGE.timed(made_of(1.4, rounds=500), "jit", "min_speedup_p95", minimum)
    assert verdict.outcome is expected
    assert verdict.label == f"min_speedup_p95={minimum:.2f}"


def test_a_tail_must_be_shorter_than_the_controls_too() -> None:
    measurement = made_of(1.4, rounds=500, floor=1.35)
    assert JUDGE.timed(measurement, "jit", "min_speedup_p95", 1.10).outcome is Outcome.INCONCLUSIVE


def test_too_few_calls_never_pass_and_say_how_many_are_needed() -> None:
    few = JUDGE.timed(made_of(1.0, rounds=100), "jit", "max_p99_ms", 1000.0)
    assert few.outcome is Outcome.INCONCLUSIVE
    assert "100 calls are too few" in few.reason
    few = JUDGE.timed(made_of(2.0, rounds=30), "jit", "min_speedup_p95", 1.10)
    assert few.outcome is Outcome.INCONCLUSIVE
    assert "too few" in few.reason


def test_a_tail_that_is_proven_late_fails_before_it_can_be_bounded_from_above() -> None:
    assert JUDGE.timed(made_of(1.0, rounds=80), "jit", "max_p95_ms", 1.0).outcome is Outcome.FAIL


def test_slow_calls_count_only_for_the_right_answer_and_for_what_was_measured() -> None:
    wrong = JUDGE.timed(made_of(1.0, rounds=400, rel_l2=1.0), "jit", "max_p95_ms", 12.0)
    assert wrong.outcome is Outcome.INVALID
    dead = made_of(1.0, rounds=400, failure=Failure(FailureKind.DIED, "worker jit was killed"))
    assert JUDGE.timed(dead, "jit", "max_p99_ms", 12.0).outcome is Outcome.FAIL
    nothing = JUDGE.timed(made_of(1.0, rounds=0), "jit", "max_p95_ms", 12.0)
    assert nothing.outcome is Outcome.INVALID
