"""Real processes, one resident at a time: nobody is left when the next one comes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest
from jitgate.cache.store import ArtefactCache
from jitgate.device.device_memory import DeviceMemory
from jitgate.device.power import Power
from jitgate.device.reading import Missing, Reading
from jitgate.measure.session import Measurements
from jitgate.measure.settings import MeasureTask, RunSettings
from jitgate.model.measurement import Measurement
from jitgate.model.power_reading import PowerReading
from jitgate.model.variant import BASELINE, CONTROL, VariantSpec
from jitgate.workloads.spec import WorkloadSpec

from tests.jitgate.measure.fake_team import Silent

MIB = 1 << 20


class SmallHost:
    """A host with 100 MiB free: no worker fits beside another."""

    def read(self) -> Reading[DeviceMemory]:
        return DeviceMemory(1 << 30, (1 << 30) - 100 * MIB, 100 * MIB)

    def holders(self) -> Reading[frozenset[int]]:
        return Missing("a host")


class NoMeter:
    work_s = 0.0
    missing = "not asked for"

    def begin(self) -> None: ...

    def end(self, calls: int) -> Power:
        raise AssertionError("nobody asked")


class Brief(WorkloadSpec):
    """Its budget is spent by the first round."""

    def budget_s(self, scenario: str, variants: int) -> float:
        assert (scenario, variants) == ("short", 2), "the control takes turns too"
        return 1e-3


def living() -> set[int]:
    """Processes that this one has started and that have not ended."""
    return {child.pid for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, object]:
    folder: Path = tmp_path_factory.mktemp("alone")
    eager = VariantSpec(BASELINE, "jitgate.engines.eager:eager")
    workload = Brief("tiny", "tests.jitgate.pool.models:tiny", ("short",), (BASELINE,), where="my.toml")
    before = living()
    settings = RunSettings(
        device="cpu",
        cache=ArtefactCache(folder / "cache"),
        progress=Silent(),
        budget_s=None,  # as the workload says
        timeout_s=120.0,
        seed=0,
        room=SmallHost(),
        meter=NoMeter(),
        include_noisy=True,
    )
    runs = Measurements({"tiny": MeasureTask(workload, (eager,), ("short",))}, settings, lambda measurement: [])
    try:
        found = runs.get("tiny", "short")
        again = runs.more("tiny", "short", lambda measurement: ["eager"])
        left = living() - before
    finally:
        runs.close()
    return {
        "measurement": found,
        "again": again,
        "left": left,
        "memory_records": sorted((folder / "cache").glob("memory_records/*")),
    }


@pytest.mark.slow
def test_a_workload_that_does_not_fit_is_measured_in_blocks(measured: Mapping[str, object]) -> None:
    found = measured["measurement"]
    assert isinstance(found, Measurement)
    assert found.residency == "exclusive"
    assert found.rounds == 1
    assert any("One worker was resident at a time" in note and "that the host has free" in note for note in found.notes)
    assert measured["again"] is found, "the budget is spent: nobody was asked for anything again"
    for name in (BASELINE, CONTROL):
        samples = found.all_samples[name]
        assert samples.failure is None
        assert samples.rel_l2 == 0.0
        assert len(samples.turns) == 1
        assert min(samples.durations_s) > 0
        assert len(samples.levels) == 1
        assert samples.cold_start.load_s is not None
        assert samples.cold_start.first_call_s is not None
        assert samples.memory is not None
        assert samples.memory.weight_bytes == 2 * (64 * 64 + 64) * 4
        assert samples.power == PowerReading(missing="not asked for")
    assert measured["left"] == set(), "whoever had his block is gone before the pool is closed"


@pytest.mark.slow
def test_what_was_measured_is_remembered_by_content(measured: Mapping[str, object]) -> None:
    memory_records = measured["memory_records"]
    assert isinstance(memory_records, list)
    found = measured["measurement"]
    assert isinstance(found, Measurement)
    # Baseline and control are one variant.
    assert len(memory_records) == (found.all_samples[BASELINE].peak_bytes is not None)
