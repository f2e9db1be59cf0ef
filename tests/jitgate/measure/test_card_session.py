"""A whole session on a card made of numbers: which workers are resident when, and what is read and reported of each."""

from __future__ import annotations

from pathlib import Path

import pytest
from jitgate.cache.store import ArtefactCache
from jitgate.config.policy import Gate, Policy
from jitgate.device.power import Power
from jitgate.device.reading import Missing
from jitgate.measure.session import Measurements
from jitgate.measure.settings import MeasureTask, RunSettings
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement
from jitgate.model.power_reading import PowerReading
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.pool.residency import Residency
from jitgate.statistics import Outcome
from jitgate.workloads.spec import WorkloadSpec

from tests.jitgate.device.device_memories import GIB, FakeCard
from tests.jitgate.measure.fake_team import Silent
from tests.jitgate.pool.card_pool import CONTEXT, EAGER, JIT, MIB, SEGMENT, WORKSPACE, CardPool, Drama
from tests.jitgate.results import JUDGE, results_of, rules_of

ENGINE = 1600 * MIB
WHOLE = CONTEXT + SEGMENT + ENGINE + WORKSPACE
"""What one worker takes of the card."""

WORKLOAD = WorkloadSpec("tts", "my:tts", ("short",), (BASELINE, "jit"), where="my.toml")
JIT_CELL = Cell("tts", "short", "jit")
POLICY = Policy(
    memory_limit_bytes=4 * GIB,
    gates=(Gate("here", variant="jit", limits={"min_speedup": 1.10}),),
    workloads={"tts": WORKLOAD},
)


class Joule:
    """A card that uses a joule a call."""

    work_s = 0.5
    missing = None

    def begin(self) -> None: ...

    def end(self, calls: int) -> Power:
        return Power(1.0, 30.0, Missing("Not Supported"))


def session(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    card: FakeCard,
    wish: Residency = Residency.AUTO,
    memory_limit_bytes: int | None = 4 * GIB,
) -> tuple[Measurement, Drama]:
    drama = Drama(card, ENGINE, {BASELINE: 0.100, "jit": 0.080})
    monkeypatch.setattr("jitgate.measure.opening.WorkerPool", lambda *arguments: CardPool(drama, *arguments))
    settings = RunSettings(
        device="cuda:0",
        cache=ArtefactCache(folder),
        progress=Silent(),
        budget_s=60.0,
        timeout_s=10.0,
        seed=0,
        include_noisy=True,  # of this test's own host, on which others run
        card_uuid="GPU-aa11",
        residency=wish,
        memory_limit_bytes=memory_limit_bytes,
        room=card,
        meter=Joule(),
    )
    runs = Measurements({"tts": MeasureTask(WORKLOAD, (EAGER, JIT), ("short",))}, settings, rules_of(POLICY).undecided)
    found = runs.get("tts", "short")
    runs.close()
    return found, drama


def test_where_one_fills_the_card_nothing_is_ever_resident_beside_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    card = FakeCard(desktop_bytes=379 * MIB)
    found, drama = session(monkeypatch, tmp_path, card)
    assert card.most_resident == 1, "not the builder of an export either"
    assert ("jit", "ExportModel") in drama.log
    assert found.residency == "exclusive"
    assert found.overcommitted is None
    assert JUDGE.speed(found, "jit", 1.10).outcome is Outcome.PASS
    for name in (BASELINE, "jit", CONTROL):
        memory = found.all_samples[name].memory
        assert memory is not None
        assert memory.peak_bytes == WHOLE
        assert memory.outside_bytes == CONTEXT + WORKSPACE
        assert memory.unreliable is None
    assert found.all_samples["jit"].power == PowerReading(
        1.0, 30.0, None, calls=7, missing="utilisation_percent: Not Supported"
    )
    assert found.all_samples[CONTROL].power is None


def test_on_a_large_card_all_are_resident_and_each_is_read_by_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    card = FakeCard(total_bytes=141 * GIB)
    found, drama = session(monkeypatch, tmp_path, card, memory_limit_bytes=None)
    assert card.most_resident == 3
    assert found.residency == "concurrent"
    assert not any("resident" in note for note in found.notes)
    for name in (BASELINE, "jit", CONTROL):
        memory = found.all_samples[name].memory
        assert memory is not None
        assert (memory.peak_bytes, memory.unreliable) == (WHOLE, None)
    starts = [name for name, request in drama.log if request == "StartWorker" and name != "jit"]
    assert starts[0] == BASELINE, "the one that says how much all will take comes first"


def test_what_one_run_measured_decides_the_next(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # By its weights alone, one engine is guessed at 3.1 or 6.6 GiB; measured, it is 1.9 GiB, and three fit 7 GiB.
    card = FakeCard(total_bytes=7 * GIB)
    first, _ = session(monkeypatch, tmp_path, card, memory_limit_bytes=None)
    assert first.residency == "exclusive"
    assert any("3 workers would need about" in note for note in first.notes)
    second, drama = session(monkeypatch, tmp_path, card, memory_limit_bytes=None)
    assert second.residency == "concurrent"
    assert ("jit", "ExportModel") not in drama.log


def test_forced_together_on_a_card_that_pages_nothing_is_said_of_the_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    card = FakeCard(tells_shared=False)
    found, _ = session(monkeypatch, tmp_path, card, Residency.CONCURRENT)
    assert card.most_resident == 3
    verdict = JUDGE.speed(found, "jit", 1.10)
    assert verdict.outcome is Outcome.INVALID
    # Allocators know what they hold; what lies beside them can't be read off a card that is full already.
    assert verdict.reason.startswith("memory overcommitted: 3 workers hold 5.27 GiB on a card of 4.00 GiB")
    assert {each.label: each.outcome for each in results_of(POLICY, found).of(JIT_CELL)} == {
        "min_speedup=1.10": Outcome.INVALID,
        "max_memory=4.00GiB": Outcome.INVALID,
        "rel_l2=0.0001": Outcome.PASS,
        "max_recompiles=0": Outcome.PASS,
        "max_memory_growth=0": Outcome.INCONCLUSIVE,
    }, "paging spoils times and memory, and not what is computed"
    assert any("as --jitgate-residency concurrent asks, although" in note for note in found.notes)
