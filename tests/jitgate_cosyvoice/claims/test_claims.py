"""What each claim says to a measurement: every standing, and none that was not measured."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from jitgate.model.accuracy import Accuracy
from jitgate.model.cell import Cell
from jitgate.model.cold_start import ColdStart
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.figures import ProcessRun
from jitgate.model.measurement import Measurement, merged
from jitgate.model.memory_peaks import EmptiedCache, MemoryPeaks
from jitgate.model.variant import BASELINE, CONTROL
from jitgate_cosyvoice.claims.analysis import CLAIMS
from jitgate_cosyvoice.claims.claim import Claim, Findings, Row, Said, Standing, open_variants, undecided
from jitgate_cosyvoice.claims.memory import EmptyCacheFrees, MemoryAtMost
from jitgate_cosyvoice.claims.sound import HurtsTheSound
from jitgate_cosyvoice.claims.speed import EngineNotWorthIt, Faster, NotWorthIt
from jitgate_cosyvoice.claims.start import SlowerStart

from tests.jitgate.measurements import MIB, made_of

CELL = Cell("my.encoder", "short", "jit")
SAID = Said("it is so", "section 1", "就是这样")
MISSING = Failure(FailureKind.UNAVAILABLE, "jit needs a flux capacitor; install one")
DEAD = Failure(FailureKind.DIED, "worker jit was killed by SIGKILL")

FASTER = Faster("faster", SAID, CELL, 1.10, 1.30)
BATCH = NotWorthIt("batch", SAID, CELL, ("a batch", "one after another"))
MEMORY = MemoryAtMost("memory", SAID, CELL, 1.05)
START = SlowerStart("start", SAID, CELL)
SOUND = HurtsTheSound("sound", SAID, CELL)
CACHE = EmptyCacheFrees("cache", SAID, Cell("my.encoder", "short", BASELINE))
ENGINE = EngineNotWorthIt("engine", SAID, CELL, 4 << 30)
ALL: list[Claim] = [FASTER, BATCH, MEMORY, START, SOUND, CACHE, ENGINE]


def findings(measurement: Measurement, kind: str = "cpu") -> Findings:
    return Findings(Judge(0.01), kind, {(measurement.workload, measurement.scenario): measurement})


def with_arms(measurement: Measurement, **changes: dict[str, Any]) -> Measurement:
    """`jit`, `eager` and `control` with other fields."""
    names = {"jit": "jit", "eager": BASELINE, "control": CONTROL}
    all_samples = {**measurement.all_samples}
    for name, fields in changes.items():
        all_samples[names[name]] = replace(all_samples[names[name]], **fields)
    return replace(measurement, all_samples=all_samples)


def lived(measurement: Measurement, **process_runs: list[ProcessRun]) -> Measurement:
    """`jit`, `eager` and `control` in so many processes."""
    return with_arms(measurement, **{name: {"process_runs": tuple(each)} for name, each in process_runs.items()})


def started(ratio: float, *, sets: int = 5, **options: Any) -> Measurement:
    """As `made_of`, in so many sets of processes."""
    return merged([made_of(ratio, seed=seed, **options) for seed in range(sets)])


def memory_of(eager: int, control: int, *jit: int) -> Measurement:
    """MiB; one process of eager and of its control, and so many of `jit`."""
    sizes = {"eager": [eager], "control": [control], "jit": [*jit]}

    def run(size: int) -> ProcessRun:
        return ProcessRun(ColdStart(), MemoryPeaks(steady_peak_bytes=size * MIB), ())

    return lived(made_of(1.0), **{name: [run(size) for size in each] for name, each in sizes.items()})


@pytest.mark.parametrize(
    ("ratio", "rounds", "standing", "said"),
    [
        (1.20, 60, Standing.HOLDS, "jit is at least 1.10 times as fast as eager here."),
        (1.60, 60, Standing.HOLDS, "which is more than was promised."),
        (1.00, 60, Standing.FALLS, "jit is less than 1.10 times as fast as eager here."),
        (1.10, 12, Standing.UNDECIDED, "lies in between"),
    ],
)
def test_a_promise_of_speed(ratio: float, rounds: int, standing: Standing, said: str) -> None:
    row = FASTER.judge(findings(started(ratio, rounds=rounds)))
    assert row.standing is standing
    assert said in row.sentence
    assert f"in {5 * rounds} pairs" in row.measured
    assert "x" in row.measured


@pytest.mark.parametrize("claim", [FASTER, BATCH, ENGINE], ids=lambda claim: claim.name)
@pytest.mark.parametrize("ratio", [0.5, 1.20, 1.60])
def test_one_set_of_processes_decides_nothing_about_speed_since_the_next_start_may_differ(
    claim: Claim, ratio: float
) -> None:
    found = findings(made_of(ratio), "cuda")
    row = claim.judge(found)
    assert row.standing is Standing.UNDECIDED
    assert "in 60 pairs" in row.measured
    assert "one process of jit" in row.sentence
    assert open_variants(claim, found) == [], "more rounds of the same processes change nothing"
    alone = replace(made_of(ratio), residency="exclusive")
    assert claim.judge(findings(alone, "cuda")).standing in (Standing.HOLDS, Standing.FALLS), "each block is a start"


@pytest.mark.parametrize(
    ("ratio", "standing"),
    [(1.00, Standing.HOLDS), (0.80, Standing.HOLDS), (1.50, Standing.FALLS)],
)
def test_what_does_not_pay_is_what_is_not_ten_percent_faster(ratio: float, standing: Standing) -> None:
    row = BATCH.judge(findings(started(ratio)))
    assert row.standing is standing
    assert row.sentence.startswith("a batch is ")
    assert "as fast as one after another" in row.sentence


@pytest.mark.parametrize(
    ("sizes", "standing", "typical"),
    [
        ((1000, 1001, 1001, 1001), Standing.HOLDS, "1001 MiB"),
        ((100, 100, 60, 61), Standing.HOLDS, "60 MiB"),
        ((100, 100, 150, 150), Standing.FALLS, "150 MiB"),
        ((100, 110, 108, 109), Standing.UNDECIDED, "108 MiB"),
        ((286, 290, 288, 378), Standing.UNDECIDED, "330 MiB"),
    ],
)
def test_a_promise_about_memory(sizes: tuple[int, ...], standing: Standing, typical: str) -> None:
    row = MEMORY.judge(findings(memory_of(*sizes)))
    assert row.standing is standing
    assert row.measured.endswith(typical)
    assert ("--jitgate-processes 5" in row.sentence) == (standing is Standing.UNDECIDED)


@pytest.mark.parametrize(("processes", "advised"), [(1, 5), (2, 5), (5, 10)])
def test_more_processes_are_advised_than_were_measured(processes: int, advised: int) -> None:
    assert f"(--jitgate-processes {advised})" in undecided("jit", processes)


@pytest.mark.parametrize("jit", [100, 131, 1000])
def test_one_process_alone_decides_nothing_about_memory_since_the_next_one_may_differ(jit: int) -> None:
    row = MEMORY.judge(findings(memory_of(100, 100, jit)))
    assert row.standing is Standing.UNDECIDED
    assert row.measured == f"{jit / 100:.2f}x of eager's 100 MiB, {jit} MiB"
    assert "one process of jit" in row.sentence


def test_memory_of_a_platform_that_gives_none_can_not_be_measured_there() -> None:
    row = MEMORY.judge(findings(with_arms(made_of(1.0), jit={"memory": MemoryPeaks()})))
    assert (row.standing, row.measured) == (Standing.NOT_HERE, "")


@pytest.mark.parametrize(
    ("firsts_s", "standing"),
    [
        ((0.9, 0.92), Standing.HOLDS),
        ((0.02, 0.021), Standing.FALLS),
        ((0.105, 0.1), Standing.UNDECIDED),
        ((0.9,), Standing.UNDECIDED),
    ],
)
def test_a_slower_start(firsts_s: tuple[float, ...], standing: Standing) -> None:
    def colds(*seconds: float) -> list[ProcessRun]:
        return [ProcessRun(ColdStart(load_s=each / 2, first_call_s=each / 2), None, ()) for each in seconds]

    row = START.judge(findings(lived(made_of(1.0), eager=colds(0.1), control=colds(0.1), jit=colds(*firsts_s))))
    assert row.standing is standing
    assert "100 ms" in row.measured
    assert ("one process of jit" in row.sentence) == (len(firsts_s) == 1)


@pytest.mark.parametrize(("rel_l2", "standing"), [(1e-6, Standing.FALLS), (0.5, Standing.HOLDS)])
def test_what_hurts_the_sound_leaves_the_tolerance(rel_l2: float, standing: Standing) -> None:
    row = SOUND.judge(findings(made_of(1.0, rel_l2=rel_l2)))
    assert row.standing is standing
    assert f"{rel_l2:.1e}" in row.measured


@pytest.mark.parametrize(
    ("accuracy", "standing", "said"),
    [
        (Accuracy(0.02, log_mel_db=0.3), Standing.FALLS, "don't tell apart"),
        (Accuracy(0.5, log_mel_db=2.0), Standing.HOLDS, "which listeners tell apart"),
        (Accuracy(math.inf, not_finite=1, log_mel_db=None), Standing.HOLDS, "NaN or Inf"),
    ],
)
def test_what_is_a_sound_is_judged_by_ear(accuracy: Accuracy, standing: Standing, said: str) -> None:
    row = SOUND.judge(findings(with_arms(made_of(1.0), jit={"accuracy": accuracy})))
    assert row.standing is standing
    assert said in row.sentence


@pytest.mark.parametrize(("after", "standing"), [(60, Standing.HOLDS), (100, Standing.FALLS)])
def test_an_emptied_cache(after: int, standing: Standing) -> None:
    memory = MemoryPeaks(empty_cache=EmptiedCache(100 * MIB, after * MIB, 60 * MIB))
    row = CACHE.judge(findings(with_arms(made_of(1.0), eager={"memory": memory}), "cuda"))
    assert row.standing is standing
    assert row.measured == f"100 MiB before, {after} MiB after, 60 MiB held by tensors"


@pytest.mark.parametrize(
    ("ratio", "peak_bytes", "standing"),
    [
        (1.5, 1 << 30, Standing.FALLS),
        (1.0, 1 << 30, Standing.HOLDS),
        (1.5, 6 << 30, Standing.HOLDS),
        (1.5, None, Standing.NOT_HERE),
    ],
)
def test_an_engine_has_to_be_faster_and_to_fit(ratio: float, peak_bytes: int | None, standing: Standing) -> None:
    row = ENGINE.judge(findings(started(ratio, peak_bytes=peak_bytes), "cuda"))
    assert row.standing is standing


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_a_variant_that_can_not_run_here_is_not_measurable_here_and_one_that_died_is_no_answer(claim: Claim) -> None:
    for kind in ("cpu", "cuda"):
        if not claim.cells(kind):
            assert claim.judge(findings(made_of(1.2), kind)).standing is Standing.NOT_HERE
            continue
        for failure, standing in ((MISSING, Standing.NOT_HERE), (DEAD, Standing.INVALID)):
            samples = "eager" if claim.cells(kind)[0].variant == BASELINE else "jit"
            row = claim.judge(findings(with_arms(made_of(1.2), **{samples: {"failure": failure}}), kind))
            assert (row.standing, row.sentence) == (standing, f"{failure.sentence}.")
            assert row.measured == ""


@pytest.mark.parametrize("claim", ALL, ids=lambda claim: claim.name)
def test_what_was_not_measured_is_no_answer(claim: Claim) -> None:
    row = claim.judge(Findings(Judge(0.01), "cuda", {}))
    assert row.standing is Standing.INVALID
    assert not row.answered
    assert "was not measured in this run" in row.sentence


@pytest.mark.parametrize("claim", [FASTER, BATCH], ids=["faster", "batch"])
def test_speed_of_a_wrong_output_or_of_a_disturbed_machine_is_no_answer(claim: Claim) -> None:
    assert claim.judge(findings(made_of(1.2, rel_l2=0.5))).standing is Standing.INVALID
    assert claim.judge(findings(made_of(1.2, excluded=100))).standing is Standing.INVALID


def test_rounds_go_on_while_a_claim_on_time_is_undecided() -> None:
    undecided, decided = made_of(1.10, rounds=12), started(1.5)
    assert open_variants(FASTER, findings(undecided)) == ["jit"]
    assert open_variants(FASTER, findings(decided)) == []
    assert open_variants(MEMORY, findings(memory_of(100, 110, 108))) == []


def test_every_claim_of_the_analysis_names_itself_and_what_it_needs() -> None:
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)
    for claim in CLAIMS:
        assert claim.said.text
        assert claim.said.place
        assert claim.said.words
        assert claim.cells("cuda"), "on a card every claim can be measured"
    nowhere = [claim.name for claim in CLAIMS if not claim.cells("cpu")]
    assert nowhere == ["empty_cache_frees_memory", "tensorrt_does_not_pay_on_4_gb"]


def test_a_row_is_answered_unless_something_that_should_have_been_measured_was_not() -> None:
    for standing in Standing:
        assert Row("x", SAID, "", standing, "").answered == (standing is not Standing.INVALID)
