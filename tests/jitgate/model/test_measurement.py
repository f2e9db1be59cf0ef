"""What a measurement tells of its rounds."""

from dataclasses import replace

import numpy as np
import pytest
from jitgate.model.accuracy import Accuracy
from jitgate.model.cold_start import ColdStart
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement, merged
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.samples import Samples
from jitgate.model.variant import BASELINE, CONTROL

from tests.jitgate.measurements import made_of


def samples(name: str, *turns: tuple[float, ...]) -> Samples:
    return Samples(name, turns, (), (), ColdStart())


MEASUREMENT = Measurement(
    "w",
    "s",
    "cpu",
    0,
    {
        BASELINE: samples(BASELINE, (1.0, 3.0, 20.0), (2.0, 2.0, 2.0), (5.0, 5.0, 5.0)),
        "jit": samples("jit", (1.0, 1.0, 1.0), (), (4.0, 4.0, 4.0)),
        CONTROL: samples(CONTROL, (3.0, 3.0, 3.0), (2.0, 2.0, 2.0), (6.0, 6.0, 6.0)),
    },
)


def test_a_round_counts_where_every_arm_finished_it() -> None:
    baseline, candidate, control, processes, *_ = MEASUREMENT.columns("jit")
    assert processes is None
    assert baseline.tolist() == [3.0, 5.0]
    assert candidate.tolist() == [1.0, 4.0]
    assert control is not None
    assert control.tolist() == [3.0, 6.0]


def test_unlike_inputs_are_averaged_since_their_median_compares_unlike_things() -> None:
    assert replace(MEASUREMENT, same_inputs=False).columns("jit").baseline.tolist() == [8.0, 5.0]


def test_a_failed_control_is_left_out() -> None:
    failed = replace(MEASUREMENT.all_samples[CONTROL], failure=Failure(FailureKind.DIED, "gone"))
    measurement = replace(MEASUREMENT, all_samples={**MEASUREMENT.all_samples, CONTROL: failed})
    assert measurement.columns("jit").control is None


def test_durations_are_every_steady_call_and_the_median_is_over_them() -> None:
    jit = MEASUREMENT.all_samples["jit"]
    assert jit.durations_s == [1.0, 1.0, 1.0, 4.0, 4.0, 4.0]
    assert jit.median_s == pytest.approx(np.median(jit.durations_s))
    assert samples("none").median_s is None


def test_rounds_are_those_of_the_baseline() -> None:
    assert MEASUREMENT.rounds == 3


def test_sets_of_processes_are_joined_with_their_labels_and_the_worst_of_the_rest() -> None:
    dead = Failure(FailureKind.DIED, "gone")
    jit = MEASUREMENT.all_samples["jit"]
    first = replace(
        MEASUREMENT,
        all_samples={**MEASUREMENT.all_samples, "jit": replace(jit, accuracy=Accuracy(1e-6), memory=MemoryPeaks(5))},
        wall_s=2.0,
        notes=("a",),
    )
    second = replace(
        MEASUREMENT,
        all_samples={
            **MEASUREMENT.all_samples,
            "jit": replace(jit, accuracy=Accuracy(2e-6), memory=MemoryPeaks(7), failure=dead),
        },
        wall_s=3.0,
        notes=("a", "b"),
    )
    joined = merged([first, second])
    assert joined.rounds == 6
    assert joined.processes == (0, 0, 0, 1, 1, 1)
    columns = joined.columns("jit")
    assert columns.processes is not None
    assert columns.processes.tolist() == [0, 0, 1, 1]
    found = joined.all_samples["jit"]
    assert (found.rel_l2, found.peak_bytes, found.failure) == (2e-6, 7, dead)
    assert (joined.wall_s, joined.notes) == (5.0, ("a", "b"))


MIB = 1 << 20
FLAT = tuple((calls, 100 * MIB) for calls in range(4, 100, 4))
LEAKING = tuple((calls, 100 * MIB + calls * MIB) for calls in range(4, 100, 4))


@pytest.mark.parametrize("leaking_in", [0, 1, 2])
def test_a_leak_is_judged_in_every_set_of_processes(leaking_in: int) -> None:
    jit = MEASUREMENT.all_samples["jit"]
    parts = [
        replace(
            MEASUREMENT,
            all_samples={
                **MEASUREMENT.all_samples,
                "jit": replace(jit, levels=(LEAKING if number == leaking_in else FLAT,)),
            },
        )
        for number in range(3)
    ]
    found = merged(parts).all_samples["jit"]
    assert len(found.levels) == 3
    assert found.growth is not None
    assert found.growth.leaks
    assert found.growth.slope == pytest.approx(MIB)
    flat = merged([parts[(leaking_in + 1) % 3], parts[(leaking_in + 2) % 3]]).all_samples["jit"].growth
    assert flat is not None
    assert not flat.leaks


def test_a_set_that_is_too_short_to_judge_does_not_hide_another() -> None:
    found = replace(MEASUREMENT.all_samples["jit"], levels=(FLAT[:3], LEAKING))
    assert found.growth is not None
    assert found.growth.leaks
    assert replace(found, levels=(FLAT[:3], LEAKING[:3])).growth is None


def test_memory_that_was_overcommitted_in_one_set_spoils_all() -> None:
    parts = [replace(MEASUREMENT, overcommitted=cause) for cause in (None, "memory overcommitted: full", None)]
    assert merged(parts).overcommitted == "memory overcommitted: full"


def test_an_output_that_was_not_compared_in_one_set_was_not_compared() -> None:
    jit = MEASUREMENT.all_samples["jit"]
    parts = [
        replace(MEASUREMENT, all_samples={**MEASUREMENT.all_samples, "jit": replace(jit, accuracy=found)})
        for found in (Accuracy(1e-6), None)
    ]
    assert merged(parts).all_samples["jit"].rel_l2 is None


def test_each_set_of_processes_gives_its_own_single_figures() -> None:
    parts = [made_of(1.0, seed=seed, peak_bytes=size) for seed, size in enumerate((5, 7, 6))]
    process_runs = merged(parts).all_samples["jit"].each_process_run
    assert [run.memory and run.memory.peak_bytes for run in process_runs] == [5, 7, 6]
    assert len(parts[0].all_samples["jit"].each_process_run) == 1


def test_the_memory_of_several_sets_is_the_highest_of_each_phase_with_the_parts_of_that_process() -> None:
    jit = MEASUREMENT.all_samples["jit"]
    loading = MemoryPeaks(900, 900, 300, 10)
    calling = MemoryPeaks(500, 400, 500, 210)
    parts = [
        replace(MEASUREMENT, all_samples={**MEASUREMENT.all_samples, "jit": replace(jit, memory=memory)})
        for memory in (loading, calling)
    ]
    assert merged(parts).all_samples["jit"].memory == MemoryPeaks(900, 900, 500, 210)
    lost = replace(MEASUREMENT, all_samples={**MEASUREMENT.all_samples, "jit": replace(jit, memory=None)})
    assert merged([*parts, lost]).all_samples["jit"].peak_bytes is None


def test_a_set_that_an_arm_did_not_finish_a_round_of_is_no_start_of_it() -> None:
    first, second = made_of(1.0, rounds=2), made_of(1.0, rounds=2, seed=1)
    absent = replace(
        second, all_samples={**second.all_samples, "jit": replace(second.all_samples["jit"], turns=((), ()))}
    )
    assert [found.starts("jit") for found in (first, merged([first, second]), merged([first, absent]))] == [1, 2, 1]
    assert replace(first, residency="exclusive").starts("jit") == 2


def test_what_was_rebuilt_is_added_up_over_the_sets_and_one_that_was_off_was_off() -> None:
    jit = MEASUREMENT.all_samples["jit"]
    parts = [
        replace(
            MEASUREMENT, all_samples={**MEASUREMENT.all_samples, "jit": replace(jit, recompiles=found, fallback=said)}
        )
        for found, said in (({"recompile": 2}, None), ({"recompile": 1, "graph break": 1}, "it is eager"))
    ]
    found = merged(parts).all_samples["jit"]
    assert found.recompiles == {"recompile": 3, "graph break": 1}
    assert found.fallback == "it is eager"


def test_batches_are_joined_and_each_is_compared_within_its_own_rounds() -> None:
    first = replace(MEASUREMENT, all_samples={name: samples(name, (1.0,), (1.0,)) for name in ("eager", "a", CONTROL)})
    second = replace(
        MEASUREMENT, all_samples={name: samples(name, (2.0,), (2.0,), (2.0,)) for name in ("eager", "b", CONTROL)}
    )
    joined = merged([first, second], ["eager", "a", "b", "late"])
    assert joined.processes == (0, 0, 1, 1, 1)
    for name, figures in (("a", [1.0, 1.0]), ("b", [2.0, 2.0, 2.0])):
        columns = joined.columns(name)
        assert [column.tolist() for column in columns[:3] if column is not None] == [figures] * 3
        assert columns.processes is None, "one set of processes made all of them"
    whole = joined.columns(CONTROL)
    assert whole.processes is not None
    assert whole.processes.tolist() == [0, 0, 1, 1, 1]
    assert joined.all_samples["late"].durations_s == []
    assert len(joined.columns("late").baseline) == 0
