"""The gate: which verdict a measurement gets, and why."""

import math
from dataclasses import replace

import pytest
from jitgate.config.policy import Gate
from jitgate.gates.validity import noise_floor
from jitgate.model.cell import Cell
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.surroundings import Surroundings
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.statistics import Outcome

from tests.jitgate.measurements import MIB, made_of
from tests.jitgate.results import JUDGE, policy_of, results_of

DEAD = Failure(FailureKind.DIED, "worker jit was killed by SIGKILL in turn")


@pytest.mark.parametrize(
    ("ratio", "minimum", "expected"),
    [
        (1.40, 1.10, Outcome.PASS),
        (1.00, 1.10, Outcome.FAIL),
        (0.88, 1.00, Outcome.FAIL),
        (1.10, 1.10, Outcome.INCONCLUSIVE),
    ],
)
def test_speed_is_judged_by_the_interval(ratio: float, minimum: float, expected: Outcome) -> None:
    verdict = JUDGE.speed(made_of(ratio), "jit", minimum)
    assert verdict.outcome is expected
    assert verdict.label == f"min_speedup={minimum:.2f}"
    assert verdict.green == (expected is Outcome.PASS)


@pytest.mark.parametrize("rel_l2", [1.1e-4, math.inf, math.nan, None])
def test_speed_counts_only_for_the_right_answer(rel_l2: float | None) -> None:
    verdict = JUDGE.speed(made_of(2.0, rel_l2=rel_l2), "jit", 1.10)
    assert verdict.outcome is Outcome.INVALID
    assert "speed counts only for the right answer" in verdict.reason


def test_too_few_pairs_for_any_effect_are_words() -> None:
    from jitgate.gates.kind import Asked
    from jitgate.gates.speed import MinSpeedup

    def explained(rounds: int) -> str:
        measurement = made_of(1.4, rounds=rounds)
        return MinSpeedup().explain(Asked(measurement, Cell("w", "s", "jit"), 0.01))

    assert "inf" not in explained(2)
    assert explained(2).endswith("too few pairs to say what they could show")
    assert "smallest effect these pairs could show" in explained(60)


def test_a_dead_variant_fails_every_gate_and_names_the_signal() -> None:
    measurement = made_of(2.0, failure=DEAD)
    found = [
        JUDGE.speed(measurement, "jit", 1.10),
        JUDGE.memory(measurement, "jit", 4 << 30),
        JUDGE.accuracy(measurement, "jit"),
    ]
    assert [verdict.outcome for verdict in found] == [Outcome.FAIL] * 3
    assert all("SIGKILL" in verdict.reason for verdict in found)


@pytest.mark.parametrize(
    ("measurement", "more_may_help"),
    [
        (made_of(2.0, control=False), False),
        (made_of(2.0, control_failure=Failure(FailureKind.HUNG, "worker eager#control gave no answer")), False),
        (made_of(2.0, baseline_failure=Failure(FailureKind.RAISED, "eager raised in turn")), False),
        (made_of(2.0, rounds=0), True),
    ],
    ids=["no control", "control hung", "baseline raised", "no rounds"],
)
def test_what_was_not_measured_is_never_green(measurement: Measurement, more_may_help: bool) -> None:
    verdict = JUDGE.speed(measurement, "jit", 1.10)
    assert verdict.outcome is Outcome.INVALID
    assert JUDGE.undecided(measurement, "jit", "min_speedup", 1.10) == more_may_help


def test_a_straddling_interval_is_undecided_and_a_broken_comparison_is_not() -> None:
    assert JUDGE.undecided(made_of(1.10), "jit", "min_speedup", 1.10)
    assert not JUDGE.undecided(made_of(1.40), "jit", "min_speedup", 1.10)
    assert not JUDGE.undecided(made_of(1.10, rel_l2=1.0), "jit", "min_speedup", 1.10)


def test_overcommitted_memory_is_never_a_slow_variant() -> None:
    paged = replace(made_of(0.1), overcommitted="memory overcommitted: 2 workers hold 4.47 GiB on a card of 4.00 GiB")
    limits = {"min_speedup": 1.10, "min_speedup_p95": 1.10, "max_p95_ms": 1.0}
    found = [JUDGE.timed(paged, "jit", name, limit) for name, limit in limits.items()] + [JUDGE.noise(paged, 0.10)]
    assert {verdict.outcome for verdict in found} == {Outcome.INVALID}
    assert {verdict.reason for verdict in found} == {f"{paged.overcommitted}."}
    assert not JUDGE.undecided(paged, "jit", "min_speedup", 1.10), "more rounds would tell of paging, too"


def test_where_a_fifth_of_the_rounds_was_disturbed_the_rest_is_believed_and_beyond_not() -> None:
    assert JUDGE.speed(made_of(1.40, rounds=60, excluded=15), "jit", 1.10).outcome is Outcome.PASS
    disturbed = made_of(1.40, rounds=60, excluded=16)
    for verdict in (JUDGE.speed(disturbed, "jit", 1.10), JUDGE.noise(disturbed, 0.10)):
        assert verdict.outcome is Outcome.INVALID
        assert "16 of 76 rounds were excluded: other processes were running." in verdict.reason
    assert JUDGE.undecided(disturbed, "jit", "min_speedup", 1.10), "quiet rounds may still outweigh them"


def test_a_measurement_of_disturbed_rounds_alone_says_what_disturbed_them() -> None:
    verdict = JUDGE.speed(made_of(1.40, rounds=0, excluded=5), "jit", 1.10)
    assert verdict.outcome is Outcome.INVALID
    assert "5 of 5 rounds were excluded" in verdict.reason


@pytest.mark.parametrize(
    ("peak", "expected"),
    [(99 * MIB, Outcome.PASS), (100 * MIB, Outcome.PASS), (101 * MIB, Outcome.FAIL), (None, Outcome.INVALID)],
)
def test_memory_is_judged_against_the_limit(peak: int | None, expected: Outcome) -> None:
    verdict = JUDGE.memory(made_of(1.0, peak_bytes=peak), "jit", 100 * MIB)
    assert verdict.outcome is expected
    assert verdict.label == "max_memory=100MiB"


def test_memory_says_by_how_much_the_limit_was_missed() -> None:
    assert "1 MiB above 100 MiB" in JUDGE.memory(made_of(1.0, peak_bytes=101 * MIB), "jit", 100 * MIB).reason


@pytest.mark.parametrize(
    ("rel_l2", "expected"), [(0.0, Outcome.PASS), (1e-4, Outcome.PASS), (2e-4, Outcome.FAIL), (math.nan, Outcome.FAIL)]
)
def test_parity_is_judged_by_the_precision(rel_l2: float, expected: Outcome) -> None:
    assert JUDGE.accuracy(made_of(1.0, rel_l2=rel_l2), "jit").outcome is expected


def test_all_gates_of_a_cell_are_judged_and_only_those() -> None:
    measured = made_of(1.4)
    policy = policy_of(
        Gate("here", variant="jit", device="cpu", limits={"min_speedup": 1.1}),
        Gate("there", variant="jit", device="cuda", limits={"min_speedup": 9.0}),
        Gate("else", variant="other", limits={"min_speedup": 9.0}),
        Gate("said", variant="jit", limits={"min_speedup": 1.3}, on_fail="report", source="a sentence"),
        memory_limit_bytes=4 << 30,
    )
    results = results_of(policy, measured)
    found = {
        (verdict.label, verdict.on_fail): verdict.outcome for verdict in results.of(Cell("my.encoder", "short", "jit"))
    }
    assert found == {
        ("min_speedup=1.10", "fail"): Outcome.PASS,
        ("max_memory=4.00GiB", "fail"): Outcome.PASS,
        ("rel_l2=0.0001", "fail"): Outcome.PASS,
        ("max_recompiles=0", "fail"): Outcome.PASS,
        ("max_memory_growth=0", "fail"): Outcome.PASS,
        ("min_speedup=1.30", "report"): Outcome.PASS,
    }
    eager = [verdict.label for verdict in results.of(Cell("my.encoder", "short", "eager"))]
    assert eager == ["max_memory=4.00GiB", "max_memory_growth=0", "noise_floor=0.1"]


def test_the_noise_floor_is_what_the_control_shows() -> None:
    floor = noise_floor(made_of(1.0, floor=1.03, spread=0.001), 0.01)
    assert floor == pytest.approx(0.03, abs=0.003)
    assert noise_floor(made_of(1.0, control=False), 0.01) is None


def test_a_floor_that_is_proven_above_the_limit_is_invalid() -> None:
    assert JUDGE.noise(made_of(1.0, floor=1.15, spread=0.02), 0.10).outcome is Outcome.INVALID
    assert JUDGE.noise(made_of(1.0, floor=1 / 1.15, spread=0.02), 0.10).outcome is Outcome.INVALID


def test_a_floor_that_scatters_above_the_limit_is_not() -> None:
    verdict = JUDGE.noise(made_of(1.0, floor=1.11, spread=0.30, rounds=12), 0.10)
    assert verdict.outcome is Outcome.PASS
    assert "nothing proves more than 10%" in verdict.reason


@pytest.mark.parametrize(
    "measurement",
    [
        made_of(1.0, control=False),
        made_of(1.0, rounds=0),
        made_of(1.0, control_failure=DEAD),
        made_of(1.0, baseline_failure=DEAD),
    ],
)
def test_an_unknown_floor_is_invalid(measurement: Measurement) -> None:
    verdict = JUDGE.noise(measurement, 0.10)
    assert verdict.outcome is Outcome.INVALID
    assert "The noise floor is unknown" in verdict.reason


def test_without_a_baseline_parity_is_invalid_and_names_it() -> None:
    starved = Failure(FailureKind.OUT_OF_MEMORY, "eager does not fit under the enforced 300 MiB")
    verdict = JUDGE.accuracy(made_of(1.0, rel_l2=None, baseline_failure=starved), "jit")
    assert verdict.outcome is Outcome.INVALID
    assert verdict.reason.endswith("because there is none: eager does not fit under the enforced 300 MiB.")
    assert JUDGE.memory(made_of(1.0, baseline_failure=starved), "jit", 300 * MIB).green


@pytest.mark.parametrize("arm", ["jit", BASELINE, CONTROL])
def test_figures_of_a_process_that_is_traced_are_not_the_models(arm: str) -> None:
    measurement = made_of(1.5)
    samples = dict(measurement.all_samples)
    samples[arm] = replace(samples[arm], surroundings=Surroundings(("a tracer (coverage.CTracer)",)))
    found = replace(measurement, all_samples=samples)
    verdict = JUDGE.speed(found, "jit", 1.10)
    assert verdict.outcome is Outcome.INVALID
    assert f"{arm} was timed under a tracer (coverage.CTracer)." in verdict.reason
