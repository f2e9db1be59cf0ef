"""Gates on slow calls."""

import numpy as np
import pytest
from jitgate.gates.judge import Judge
from jitgate.gates.tails import judge_latency, judge_tail_speedup
from jitgate.model.failure import Failure, FailureKind
from jitgate.statistics import Outcome

from tests.jitgate.measurements import made_of

JUDGE = Judge(alpha=0.01)


@pytest.mark.parametrize(
    ("limit_ms", "expected"), [(12.0, Outcome.PASS), (9.0, Outcome.FAIL), (10.23, Outcome.INCONCLUSIVE)]
)
def test_latency_is_judged_by_the_bounds_of_the_percentile(limit_ms: float, expected: Outcome) -> None:
    # 10 ms with a spread of 1.4 %: p95 is near 10.23 ms, and 400 calls bound it.
    ruling = JUDGE.slow_calls(made_of(1.0, rounds=400), "jit", "max_p95_ms", limit_ms)
    assert ruling.verdict is expected
    assert ruling.gate == f"max_p95_ms={limit_ms:g}"


@pytest.mark.parametrize(
    ("minimum", "expected"), [(1.10, Outcome.PASS), (1.60, Outcome.FAIL), (1.40, Outcome.INCONCLUSIVE)]
)
def test_the_tail_is_compared_with_the_baselines(minimum: float, expected: Outcome) -> None:
    ruling = JUDGE.slow_calls(made_of(1.4, rounds=500), "jit", "min_speedup_p95", minimum)
    assert ruling.verdict is expected
    assert ruling.gate == f"min_speedup_p95={minimum:.2f}"


def test_a_tail_must_be_shorter_than_the_controls_too() -> None:
    measurement = made_of(1.4, rounds=500, floor=1.35)
    assert JUDGE.slow_calls(measurement, "jit", "min_speedup_p95", 1.10).verdict is Outcome.INCONCLUSIVE


def test_too_few_calls_never_pass_and_say_how_many_are_needed() -> None:
    answer, reason = judge_latency([0.010] * 100, 99, 1000.0, 0.01)
    assert answer is Outcome.INCONCLUSIVE
    assert "100 calls are too few" in reason
    answer, reason = judge_tail_speedup([0.020] * 30, [0.010] * 30, [0.020] * 30, 95, 1.10, 0.01)
    assert answer is Outcome.INCONCLUSIVE
    assert "too few" in reason


def test_a_tail_that_is_proven_late_fails_before_it_can_be_bounded_from_above() -> None:
    answer, _ = judge_latency(list(np.random.default_rng(0).normal(0.010, 1e-4, 80)), 95, 1.0, 0.01)
    assert answer is Outcome.FAIL


def test_slow_calls_count_only_for_the_right_answer_and_for_what_was_measured() -> None:
    wrong = JUDGE.slow_calls(made_of(1.0, rounds=400, rel_l2=1.0), "jit", "max_p95_ms", 12.0)
    assert wrong.verdict is Outcome.INVALID
    dead = made_of(1.0, rounds=400, failure=Failure(FailureKind.DIED, "worker jit was killed"))
    assert JUDGE.slow_calls(dead, "jit", "max_p99_ms", 12.0).verdict is Outcome.FAIL
    nothing = JUDGE.slow_calls(made_of(1.0, rounds=0), "jit", "max_p95_ms", 12.0)
    assert nothing.verdict is Outcome.INVALID


def test_a_limit_of_another_name_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="limits no percentile"):
        JUDGE.slow_calls(made_of(1.0), "jit", "max_median_ms", 12.0)
