"""What each kind of gate that a claim needs says to a measurement, and that nothing unmeasured is an answer."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from jitgate.gates.kind import GateKind
from jitgate.model.accuracy import Accuracy
from jitgate.model.cold_start import ColdStart
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.figures import ProcessRun
from jitgate.model.measurement import Measurement, merged
from jitgate.model.memory_peaks import EmptiedCache, MemoryPeaks
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.model.verdict import Verdict
from jitgate.statistics import Outcome
from jitgate_cosyvoice import pytest_jitgate_gates
from jitgate_cosyvoice.gates.evidence import undecided

from tests.jitgate.measurements import MIB, made_of
from tests.jitgate.results import asked_of

KINDS = {kind.key: kind for kind in pytest_jitgate_gates()}
FASTER, CAPPED, ON_CARD = (KINDS[key] for key in ("promised_speedup", "max_speedup", "max_speedup_on_4_gib"))
MEMORY, START, SOUND, CACHE = (
    KINDS[key] for key in ("max_memory_ratio", "min_start_ratio", "min_log_mel_db", "min_freed_memory")
)
LIMITS = {FASTER: 1.10, CAPPED: 1.10, ON_CARD: 1.10, MEMORY: 1.05, START: 1.0, SOUND: 1.0, CACHE: float(MIB)}

MISSING = Failure(FailureKind.UNAVAILABLE, "jit needs a flux capacitor; install one")
DEAD = Failure(FailureKind.DIED, "worker jit was killed by SIGKILL")


def judged(kind: GateKind, measurement: Measurement) -> Verdict:
    variant = BASELINE if kind is CACHE else "jit"
    return kind.verdict(asked_of(measurement, variant), LIMITS[kind])


def text(verdict: Verdict) -> str:
    return "" if verdict.figure is None else verdict.figure.text


def is_open(kind: GateKind, measurement: Measurement) -> bool:
    return kind.timed and kind.needs_rounds(asked_of(measurement), LIMITS[kind])


def with_samples(measurement: Measurement, **changes: dict[str, Any]) -> Measurement:
    """`jit`, `eager` and `control` with other fields."""
    names = {"jit": "jit", "eager": BASELINE, "control": CONTROL}
    all_samples = {**measurement.all_samples}
    for name, fields in changes.items():
        all_samples[names[name]] = replace(all_samples[names[name]], **fields)
    return replace(measurement, all_samples=all_samples)


def with_runs(measurement: Measurement, **process_runs: list[ProcessRun]) -> Measurement:
    """`jit`, `eager` and `control` in so many processes."""
    return with_samples(measurement, **{name: {"process_runs": tuple(each)} for name, each in process_runs.items()})


def started(ratio: float, *, sets: int = 5, **options: Any) -> Measurement:
    """As `made_of`, in so many sets of processes."""
    return merged([made_of(ratio, seed=seed, **options) for seed in range(sets)])


def memory_of(eager: int, control: int, *jit: int) -> Measurement:
    """MiB; one process of eager and of its control, and so many of `jit`."""
    sizes = {"eager": [eager], "control": [control], "jit": [*jit]}

    def run(size: int) -> ProcessRun:
        return ProcessRun(ColdStart(), MemoryPeaks(steady_peak_bytes=size * MIB), ())

    return with_runs(made_of(1.0), **{name: [run(size) for size in each] for name, each in sizes.items()})


@pytest.mark.parametrize(
    ("ratio", "rounds", "outcome", "said"),
    [
        (1.20, 60, Outcome.PASS, "best estimate 1.200"),
        (1.60, 60, Outcome.PASS, "best estimate 1.600"),
        (1.00, 60, Outcome.FAIL, "best estimate 1.000"),
        (1.10, 12, Outcome.INCONCLUSIVE, "lies in between"),
    ],
)
def test_a_promise_of_speed(ratio: float, rounds: int, outcome: Outcome, said: str) -> None:
    verdict = judged(FASTER, started(ratio, rounds=rounds))
    assert verdict.outcome is outcome
    assert said in verdict.sentence
    assert f"in {5 * rounds} pairs" in text(verdict)
    assert "x" in text(verdict)
    assert verdict.label == "at least 1.10 times as fast as eager"


def test_too_few_pairs_for_an_interval_are_counted_once() -> None:
    assert text(judged(FASTER, made_of(1.2, rounds=3))) == "1.20x (1.20 to 1.21, 95 %, not decided) in 3 pairs"


@pytest.mark.parametrize("kind", [FASTER, CAPPED, ON_CARD], ids=lambda kind: kind.key)
@pytest.mark.parametrize("ratio", [0.5, 1.20, 1.60])
def test_one_set_of_processes_decides_nothing_about_speed_since_the_next_start_may_differ(
    kind: GateKind, ratio: float
) -> None:
    verdict = judged(kind, made_of(ratio))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "in 60 pairs" in text(verdict)
    assert "one process of jit" in verdict.sentence
    assert "--jitgate-processes 5" in verdict.advice
    assert not is_open(kind, made_of(ratio)), "more rounds of the same processes change nothing"
    alone = replace(made_of(ratio), residency="exclusive")
    assert judged(kind, alone).outcome in (Outcome.PASS, Outcome.FAIL), "each block is a start"


@pytest.mark.parametrize(("ratio", "outcome"), [(1.00, Outcome.PASS), (0.80, Outcome.PASS), (1.50, Outcome.FAIL)])
def test_what_does_not_pay_is_what_is_not_ten_percent_faster(ratio: float, outcome: Outcome) -> None:
    verdict = judged(CAPPED, started(ratio))
    assert verdict.outcome is outcome
    assert verdict.label == "less than 1.10 times as fast as eager"
    assert "1.1" in verdict.reason


@pytest.mark.parametrize(
    ("sizes", "outcome", "typical"),
    [
        ((1000, 1001, 1001, 1001), Outcome.PASS, "1001 MiB"),
        ((100, 100, 60, 61), Outcome.PASS, "60 MiB"),
        ((100, 100, 150, 150), Outcome.FAIL, "150 MiB"),
        ((100, 110, 108, 109), Outcome.INCONCLUSIVE, "108 MiB"),
        ((286, 290, 288, 378), Outcome.INCONCLUSIVE, "330 MiB"),
    ],
)
def test_a_promise_about_memory(sizes: tuple[int, ...], outcome: Outcome, typical: str) -> None:
    verdict = judged(MEMORY, memory_of(*sizes))
    assert verdict.outcome is outcome
    assert text(verdict).endswith(typical)
    assert ("--jitgate-processes 5" in verdict.sentence) == (outcome is Outcome.INCONCLUSIVE)


@pytest.mark.parametrize(("processes", "advised"), [(1, 5), (2, 5), (5, 10)])
def test_more_processes_are_advised_than_were_measured(processes: int, advised: int) -> None:
    assert f"(--jitgate-processes {advised})" in undecided("jit", processes).advice


@pytest.mark.parametrize("jit", [100, 131, 1000])
def test_one_process_alone_decides_nothing_about_memory_since_the_next_one_may_differ(jit: int) -> None:
    verdict = judged(MEMORY, memory_of(100, 100, jit))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert text(verdict) == f"{jit / 100:.2f}x of eager's 100 MiB, {jit} MiB"
    assert "one process of jit" in verdict.sentence


def test_memory_of_a_platform_that_gives_none_can_not_be_measured_there() -> None:
    verdict = judged(MEMORY, with_samples(made_of(1.0), jit={"memory": MemoryPeaks()}))
    assert (verdict.outcome, text(verdict)) == (Outcome.INCONCLUSIVE, "")
    assert "gives no peak memory" in verdict.reason


@pytest.mark.parametrize(
    ("firsts_s", "outcome"),
    [
        ((0.9, 0.92), Outcome.PASS),
        ((0.02, 0.021), Outcome.FAIL),
        ((0.105, 0.1), Outcome.INCONCLUSIVE),
        ((0.9,), Outcome.INCONCLUSIVE),
    ],
)
def test_a_slower_start(firsts_s: tuple[float, ...], outcome: Outcome) -> None:
    def colds(*seconds: float) -> list[ProcessRun]:
        return [ProcessRun(ColdStart(load_s=each / 2, first_call_s=each / 2), None, ()) for each in seconds]

    verdict = judged(START, with_runs(made_of(1.0), eager=colds(0.1), control=colds(0.1), jit=colds(*firsts_s)))
    assert verdict.outcome is outcome
    assert "100 ms" in text(verdict)
    assert ("one process of jit" in verdict.sentence) == (len(firsts_s) == 1)


@pytest.mark.parametrize(("rel_l2", "outcome"), [(1e-6, Outcome.FAIL), (0.5, Outcome.PASS)])
def test_what_is_no_sound_is_hurt_where_it_leaves_the_tolerance(rel_l2: float, outcome: Outcome) -> None:
    verdict = judged(SOUND, made_of(1.0, rel_l2=rel_l2))
    assert verdict.outcome is outcome
    assert f"{rel_l2:.1e}" in text(verdict)


@pytest.mark.parametrize(
    ("accuracy", "outcome", "said"),
    [
        (Accuracy(0.02, log_mel_db=0.3), Outcome.FAIL, "don't tell apart"),
        (Accuracy(0.5, log_mel_db=2.0), Outcome.PASS, "which listeners tell apart"),
        (Accuracy(math.inf, not_finite=1, log_mel_db=None), Outcome.PASS, "NaN or Inf"),
    ],
)
def test_a_sound_is_judged_by_its_log_mel_distance(accuracy: Accuracy, outcome: Outcome, said: str) -> None:
    verdict = judged(SOUND, with_samples(made_of(1.0), jit={"accuracy": accuracy}))
    assert verdict.outcome is outcome
    assert said in verdict.sentence


@pytest.mark.parametrize(("after", "outcome"), [(60, Outcome.PASS), (100, Outcome.FAIL)])
def test_an_emptied_cache(after: int, outcome: Outcome) -> None:
    memory = MemoryPeaks(empty_cache=EmptiedCache(100 * MIB, after * MIB, 60 * MIB))
    verdict = judged(CACHE, with_samples(made_of(1.0), eager={"memory": memory}))
    assert verdict.outcome is outcome
    assert text(verdict) == f"100 MiB before, {after} MiB after, 60 MiB held by tensors"
    assert judged(CACHE, made_of(1.0)).outcome is Outcome.INVALID, "the worker did not answer"


@pytest.mark.parametrize(
    ("ratio", "peak_bytes", "outcome"),
    [
        (1.5, 1 << 30, Outcome.FAIL),
        (1.0, 1 << 30, Outcome.PASS),
        (1.5, 6 << 30, Outcome.PASS),
        (1.5, None, Outcome.INCONCLUSIVE),
    ],
)
def test_an_engine_has_to_be_faster_and_to_fit(ratio: float, peak_bytes: int | None, outcome: Outcome) -> None:
    assert judged(ON_CARD, started(ratio, peak_bytes=peak_bytes)).outcome is outcome


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.key)
def test_what_can_not_run_here_is_not_decided_and_what_died_is_no_answer(kind: GateKind) -> None:
    of = "eager" if kind is CACHE else "jit"
    for failure, outcome in ((MISSING, Outcome.INCONCLUSIVE), (DEAD, Outcome.INVALID)):
        measurement = with_samples(made_of(1.2), **{of: {"failure": failure}})
        verdict = judged(kind, measurement)
        assert (verdict.outcome, verdict.reason) == (outcome, f"{failure.sentence}.")
        assert not is_open(kind, measurement)
    verdict = judged(kind, with_samples(made_of(1.2), eager={"failure": DEAD}))
    assert verdict.outcome is Outcome.INVALID, "nothing to compare with"


@pytest.mark.parametrize("kind", [FASTER, CAPPED], ids=lambda kind: kind.key)
def test_speed_of_a_wrong_output_or_of_a_disturbed_machine_is_no_answer(kind: GateKind) -> None:
    assert judged(kind, made_of(1.2, rel_l2=0.5)).outcome is Outcome.INVALID
    assert judged(kind, made_of(1.2, excluded=100)).outcome is Outcome.INVALID


def test_rounds_go_on_while_a_claim_on_time_is_undecided() -> None:
    assert is_open(FASTER, made_of(1.10, rounds=12))
    assert not is_open(FASTER, started(1.5))
    assert not is_open(MEMORY, memory_of(100, 110, 108))
    assert not is_open(ON_CARD, made_of(1.10, rounds=12, peak_bytes=6 << 30)), "it does not fit, however fast it is"
