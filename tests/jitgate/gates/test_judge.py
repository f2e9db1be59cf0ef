"""The gate: which verdict a measurement gets, and why."""

import math
from dataclasses import replace

import pytest
from jitgate.config.policy import Gate, Policy
from jitgate.gates.judge import Judge, rulings
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement
from jitgate.statistics import Outcome

from tests.jitgate.measurements import MIB, made_of

JUDGE = Judge(alpha=0.01)
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
    ruling = JUDGE.speed(made_of(ratio), "jit", minimum)
    assert ruling.verdict is expected
    assert ruling.gate == f"min_speedup={minimum:.2f}"
    assert ruling.green == (expected is Outcome.PASS)


@pytest.mark.parametrize("rel_l2", [1.1e-4, math.inf, math.nan, None])
def test_speed_counts_only_for_the_right_answer(rel_l2: float | None) -> None:
    ruling = JUDGE.speed(made_of(2.0, rel_l2=rel_l2), "jit", 1.10)
    assert ruling.verdict is Outcome.INVALID
    assert "speed counts only for the right answer" in ruling.reason


def test_a_dead_variant_fails_every_gate_and_names_the_signal() -> None:
    measurement = made_of(2.0, failure=DEAD)
    found = [
        JUDGE.speed(measurement, "jit", 1.10),
        JUDGE.memory(measurement, "jit", "memory_limit", 4 << 30),
        JUDGE.accuracy(measurement, "jit"),
    ]
    assert [ruling.verdict for ruling in found] == [Outcome.FAIL] * 3
    assert all("SIGKILL" in ruling.reason for ruling in found)


@pytest.mark.parametrize(
    "measurement",
    [
        made_of(2.0, control=False),
        made_of(2.0, control_failure=Failure(FailureKind.HUNG, "worker eager#control gave no answer")),
        made_of(2.0, baseline_failure=Failure(FailureKind.RAISED, "eager raised in turn")),
        made_of(2.0, rounds=0),
    ],
    ids=["no control", "control hung", "baseline raised", "no rounds"],
)
def test_what_was_not_measured_is_never_green(measurement: Measurement) -> None:
    ruling = JUDGE.speed(measurement, "jit", 1.10)
    assert ruling.verdict is Outcome.INVALID
    assert not JUDGE.undecided(measurement, "jit", "min_speedup", 1.10) or measurement.rounds == 0


def test_a_straddling_interval_is_undecided_and_a_broken_comparison_is_not() -> None:
    assert JUDGE.undecided(made_of(1.10), "jit", "min_speedup", 1.10)
    assert not JUDGE.undecided(made_of(1.40), "jit", "min_speedup", 1.10)
    assert not JUDGE.undecided(made_of(1.10, rel_l2=1.0), "jit", "min_speedup", 1.10)


def test_overcommitted_memory_is_never_a_slow_variant() -> None:
    paged = replace(made_of(0.1), overcommitted="memory overcommitted: 2 workers hold 4.47 GiB on a card of 4.00 GiB")
    limits = {"min_speedup": 1.10, "min_speedup_p95": 1.10, "max_p95_ms": 1.0}
    found = [JUDGE.timed(paged, "jit", name, limit) for name, limit in limits.items()] + [JUDGE.noise(paged, 0.10)]
    assert {ruling.verdict for ruling in found} == {Outcome.INVALID}
    assert {ruling.reason for ruling in found} == {paged.overcommitted}
    assert not JUDGE.undecided(paged, "jit", "min_speedup", 1.10), "more rounds would tell of paging, too"


def test_where_a_fifth_of_the_rounds_was_disturbed_the_rest_is_believed_and_beyond_not() -> None:
    assert JUDGE.speed(made_of(1.40, rounds=60, excluded=15), "jit", 1.10).verdict is Outcome.PASS
    disturbed = made_of(1.40, rounds=60, excluded=16)
    for ruling in (JUDGE.speed(disturbed, "jit", 1.10), JUDGE.noise(disturbed, 0.10)):
        assert ruling.verdict is Outcome.INVALID
        assert "16 of 76 rounds were left out, because other processes were running" in ruling.reason
    assert JUDGE.undecided(disturbed, "jit", "min_speedup", 1.10), "quiet rounds may still outweigh them"


def test_a_measurement_of_disturbed_rounds_alone_says_what_disturbed_them() -> None:
    ruling = JUDGE.speed(made_of(1.40, rounds=0, excluded=5), "jit", 1.10)
    assert ruling.verdict is Outcome.INVALID
    assert "5 of 5 rounds were left out" in ruling.reason


@pytest.mark.parametrize(
    ("peak", "expected"),
    [(99 * MIB, Outcome.PASS), (100 * MIB, Outcome.PASS), (101 * MIB, Outcome.FAIL), (None, Outcome.INVALID)],
)
def test_memory_is_judged_against_the_limit(peak: int | None, expected: Outcome) -> None:
    ruling = JUDGE.memory(made_of(1.0, peak_bytes=peak), "jit", "max_memory", 100 * MIB)
    assert ruling.verdict is expected
    assert ruling.gate == "max_memory=100MiB"


def test_memory_says_by_how_much_the_limit_was_missed() -> None:
    assert (
        "1 MiB above 100 MiB"
        in JUDGE.memory(made_of(1.0, peak_bytes=101 * MIB), "jit", "memory_limit", 100 * MIB).reason
    )


@pytest.mark.parametrize(
    ("rel_l2", "expected"), [(0.0, Outcome.PASS), (1e-4, Outcome.PASS), (2e-4, Outcome.FAIL), (math.nan, Outcome.FAIL)]
)
def test_parity_is_judged_by_the_precision(rel_l2: float, expected: Outcome) -> None:
    assert JUDGE.accuracy(made_of(1.0, rel_l2=rel_l2), "jit").verdict is expected


def test_all_gates_of_a_cell_are_judged_and_only_those() -> None:
    policy = Policy(
        memory_limit_bytes=4 << 30,
        gates=(
            Gate("here", variant="jit", device="cpu", min_speedup=1.1),
            Gate("there", variant="jit", device="cuda", min_speedup=9.0),
            Gate("else", variant="other", min_speedup=9.0),
        ),
    )
    found = rulings(policy, JUDGE, made_of(1.4), "jit")
    assert [(ruling.gate, ruling.verdict) for ruling in found] == [
        ("min_speedup=1.10", Outcome.PASS),
        ("memory_limit=4.00GiB", Outcome.PASS),
    ]
    assert [ruling.gate for ruling in rulings(policy, JUDGE, made_of(1.4), "eager")] == ["memory_limit=4.00GiB"]


def test_the_noise_floor_is_what_the_control_shows() -> None:
    floor = JUDGE.noise_floor(made_of(1.0, floor=1.03, spread=0.001))
    assert floor == pytest.approx(0.03, abs=0.003)
    assert JUDGE.noise_floor(made_of(1.0, control=False)) is None


def test_a_floor_that_is_proven_above_the_limit_is_invalid() -> None:
    assert JUDGE.noise(made_of(1.0, floor=1.15, spread=0.02), 0.10).verdict is Outcome.INVALID
    assert JUDGE.noise(made_of(1.0, floor=1 / 1.15, spread=0.02), 0.10).verdict is Outcome.INVALID


def test_a_floor_that_scatters_above_the_limit_is_not() -> None:
    ruling = JUDGE.noise(made_of(1.0, floor=1.11, spread=0.30, rounds=12), 0.10)
    assert ruling.verdict is Outcome.PASS
    assert "nothing proves more than 10%" in ruling.reason


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
    ruling = JUDGE.noise(measurement, 0.10)
    assert ruling.verdict is Outcome.INVALID
    assert "the noise floor is unknown" in ruling.reason


def test_without_a_baseline_parity_is_invalid_and_names_it() -> None:
    starved = Failure(FailureKind.OUT_OF_MEMORY, "eager does not fit under the enforced 300 MiB")
    ruling = JUDGE.accuracy(made_of(1.0, rel_l2=None, baseline_failure=starved), "jit")
    assert ruling.verdict is Outcome.INVALID
    assert ruling.reason.endswith("because there is none: eager does not fit under the enforced 300 MiB")
    assert JUDGE.memory(made_of(1.0, baseline_failure=starved), "jit", "memory_limit", 300 * MIB).green
