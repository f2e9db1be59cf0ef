"""Gates on memory: which phase, what took it, does it grow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jitgate.config.policy import Gate
from jitgate.gates.peak_memory import MaxLoadMemory, MaxMemory
from jitgate.model.cell import Cell
from jitgate.model.cold_start import ColdStart
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.figures import ProcessRun
from jitgate.model.memory_parts import ChildMemory, MemoryParts
from jitgate.model.memory_peaks import MemoryPeaks, most_memory
from jitgate.model.samples import Samples
from jitgate.statistics import Outcome

from tests.jitgate.measurements import MIB, made_of
from tests.jitgate.results import JUDGE, asked_of, load_apart, policy_of, results_of

PARTS = MemoryPeaks(500 * MIB, 500 * MIB, 400 * MIB, 290 * MIB, weight_bytes=100 * MIB)


def samples(**changes: object) -> Samples:
    return replace(made_of(1.0).all_samples["jit"], **{"memory": PARTS, **changes})  # type: ignore[arg-type]


ALL, LOAD, STEADY = "all", "load", "steady"


def judge_memory(samples: Samples, limit: int, phase: str) -> tuple[Outcome, str]:
    measurement = made_of(1.0)
    asked = asked_of(replace(measurement, all_samples={**measurement.all_samples, "jit": samples}))
    kind = MaxLoadMemory() if phase == LOAD else MaxMemory()
    judged = kind.judge(load_apart(asked) if phase == STEADY else asked, limit)
    return judged.outcome, judged.reason


def judge_growth(samples: Samples) -> tuple[Outcome, str]:
    measurement = made_of(1.0)
    verdict = JUDGE.growth(replace(measurement, all_samples={**measurement.all_samples, "jit": samples}), "jit")
    return verdict.outcome, verdict.reason


@pytest.mark.parametrize(
    ("phase", "limit", "expected"),
    [
        (ALL, 500, Outcome.PASS),
        (ALL, 499, Outcome.FAIL),
        (LOAD, 499, Outcome.FAIL),
        (STEADY, 400, Outcome.PASS),
        (STEADY, 399, Outcome.FAIL),
    ],
)
def test_a_limit_is_about_its_phase(phase: str, limit: int, expected: Outcome) -> None:
    assert judge_memory(samples(), limit * MIB, phase)[0] is expected


def test_the_part_that_took_most_is_named_first() -> None:
    _, reason = judge_memory(samples(), 350 * MIB, STEADY)
    assert reason.endswith(
        "50 MiB above 350 MiB; of it activations 290 MiB, weights 100 MiB, libraries and all else 10 MiB."
    )
    _, reason = judge_memory(samples(), 350 * MIB, ALL)
    assert reason.endswith("; loading took it, steady calls need 400 MiB.")


def test_what_was_not_read_is_never_green() -> None:
    answer, _ = judge_memory(samples(memory=MemoryPeaks(None)), 1 << 60, ALL)
    assert answer is Outcome.INVALID


def test_a_run_that_was_ended_before_its_memory_was_read_says_so() -> None:
    answer, reason = judge_memory(samples(memory=None), 1 << 60, ALL)
    assert (answer, reason) == (
        Outcome.INVALID,
        "Nothing can be said about the limit: the run ended before memory was read.",
    )


@pytest.mark.parametrize("peak", [1, 500 * MIB])
def test_a_reading_that_is_not_exclusive_decides_nothing(peak: int) -> None:
    doubted = samples(
        memory=replace(PARTS, peak_bytes=peak, unreliable="not exclusive: another process came to the card")
    )
    answer, reason = judge_memory(doubted, 400 * MIB, ALL)
    assert answer is Outcome.INVALID
    assert "not exclusive: another process came to the card" in reason
    unread = samples(memory=MemoryPeaks(None, unreliable="the card's memory could not be read"))
    assert judge_memory(unread, 1 << 60, ALL)[1].endswith(": the card's memory could not be read.")


def process_runs(*memories: MemoryPeaks | None) -> Samples:
    """An samples that was measured in so many processes."""
    return samples(
        memory=most_memory(memories), process_runs=tuple(ProcessRun(ColdStart(), memory, ()) for memory in memories)
    )


def test_the_process_that_took_most_in_the_phase_counts_whichever_peak_was_the_largest() -> None:
    calling = replace(PARTS, peak_bytes=450 * MIB, load_peak_bytes=430 * MIB, steady_peak_bytes=450 * MIB)
    both = process_runs(PARTS, calling)
    assert judge_memory(both, 400 * MIB, STEADY)[0] is Outcome.FAIL
    assert judge_memory(both, 450 * MIB, STEADY)[0] is Outcome.PASS
    assert judge_memory(both, 450 * MIB, LOAD)[0] is Outcome.FAIL
    assert both.peak_bytes == 500 * MIB


@pytest.mark.parametrize(
    "second",
    [None, replace(PARTS, peak_bytes=None), replace(PARTS, peak_bytes=1, unreliable="not exclusive: a stranger came")],
    ids=["ended before", "unread", "doubted"],
)
def test_a_process_of_which_nothing_can_be_said_is_not_covered_by_one_that_was_read(
    second: MemoryPeaks | None,
) -> None:
    assert judge_memory(process_runs(PARTS, second), 1 << 60, ALL)[0] is Outcome.INVALID


FAMILY = ChildMemory(2, 300 * MIB, 310 * MIB, {"compile workers of torch": 40 * MIB}, unread=True)


@pytest.mark.parametrize(("limit", "outcome"), [(600, Outcome.PASS), (400, Outcome.FAIL)])
def test_mapped_files_and_children_are_told_apart_in_the_reason(limit: int, outcome: Outcome) -> None:
    parts = MemoryParts(180 * MIB, 300 * MIB, 20 * MIB)
    found, reason = judge_memory(samples(memory=replace(PARTS, parts=parts, children=FAMILY)), limit * MIB, ALL)
    assert found is outcome
    assert reason.endswith(
        "; 300 MiB mapped file, 180 MiB own, 20 MiB shared memory between calls"
        "; 2 child processes hold 300 MiB, which is counted"
        "; child processes held 310 MiB at most, which is counted in the peak"
        "; compile workers of torch: 40 MiB, which is not counted"
        "; child processes ended before they could be read, and what they held is not counted."
    )


def test_code_of_kernels_and_no_children_are_not_worth_a_word() -> None:
    small = replace(PARTS, parts=MemoryParts(90 * MIB, 9 * MIB, 1 * MIB))
    assert judge_memory(samples(memory=small), 600 * MIB, ALL)[1] == "Peak memory 500 MiB is within 600 MiB."
    assert small.as_json()["mapped_bytes"] == 9 * MIB
    assert not any(name.startswith("children_") for name in small.as_json())
    assert replace(PARTS, children=FAMILY).as_json()["children_held_bytes"] == 300 * MIB


def test_on_a_card_context_and_workspaces_are_a_part_of_their_own() -> None:
    _, reason = judge_memory(samples(memory=replace(PARTS, outside_bytes=7 * MIB)), 350 * MIB, STEADY)
    assert reason.endswith(
        "; of it activations 290 MiB, weights 100 MiB, context and workspaces 7 MiB, libraries and all else 3 MiB."
    )


def test_a_dead_worker_fails() -> None:
    dead = samples(failure=Failure(FailureKind.DIED, "worker jit was killed"))
    assert judge_memory(dead, 1 << 60, ALL) == (Outcome.FAIL, "worker jit was killed.")
    assert judge_growth(dead) == (Outcome.FAIL, "worker jit was killed.")


def test_growth_is_judged_from_the_levels_after_the_turns() -> None:
    leaking = tuple((calls, 100 * MIB + calls * MIB) for calls in range(4, 100, 4))
    answer, reason = judge_growth(samples(levels=(leaking,)))
    assert answer is Outcome.FAIL
    assert "1 MiB a call" in reason
    assert judge_growth(samples(levels=(tuple((calls, 100 * MIB) for calls in range(4, 100, 4)),)))[0] is Outcome.PASS
    few = (Outcome.INCONCLUSIVE, "3 readings are too few to see whether memory grows.")
    assert judge_growth(samples(levels=(leaking[:3],))) == few


def test_loading_has_a_limit_of_its_own_where_a_gate_says_so() -> None:
    measurement = made_of(1.0, peak_bytes=None)
    measurement = replace(measurement, all_samples={**measurement.all_samples, "jit": samples()})
    both = policy_of(Gate("here", limits={"max_memory": 400 * MIB, "max_load_memory": 600 * MIB}))
    cell = Cell("my.encoder", "short", "jit")
    found = [verdict for verdict in results_of(both, measurement).of(cell) if "memory=" in verdict.label]
    assert [(verdict.label, verdict.outcome) for verdict in found] == [
        ("max_memory=400MiB", Outcome.PASS),
        ("max_load_memory=600MiB", Outcome.PASS),
    ]
    alone = policy_of(Gate("here", limits={"max_memory": 400 * MIB}))
    found = [verdict for verdict in results_of(alone, measurement).of(cell) if "memory=" in verdict.label]
    assert [verdict.outcome for verdict in found] == [Outcome.FAIL]
