"""Real processes in batches: who does not fit beside all others is measured beside a baseline of its own."""

from __future__ import annotations

import pytest
from jitgate.cache.store import ArtefactCache
from jitgate.device.device_memory import DeviceMemory
from jitgate.device.reading import Missing, Reading
from jitgate.measure.session import Measurements
from jitgate.measure.settings import MeasureTask, RunSettings
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, CONTROL, VariantSpec
from jitgate.workloads.spec import WorkloadSpec

from tests.jitgate.measure.fake_team import Silent

ROUNDS_OF_A_PARTY = 10


class HostForFour:
    """About 1.5 GiB free: room for a baseline, a control and one or two more, not for all six."""

    def read(self) -> Reading[DeviceMemory]:
        return DeviceMemory(24 << 30, (24 << 30) - (3 << 29), 3 << 29)

    def holders(self) -> Reading[frozenset[int]]:
        return Missing("a host")


class Notes(Silent):
    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[Measurement, Measurement, list[str]]:
    variants = tuple(VariantSpec(name, "jitgate.engines.eager:eager") for name in (BASELINE, "a", "b", "c", "d"))
    names = tuple(variant.name for variant in variants)
    workload = WorkloadSpec("tiny", "tests.jitgate.pool.models:tiny", ("short",), names, where="my.toml")
    progress = Notes()
    settings = RunSettings(
        device="cpu",
        cache=ArtefactCache(tmp_path_factory.mktemp("batches") / "cache"),
        progress=progress,
        budget_s=60.0,
        timeout_s=120.0,
        seed=0,
        room=HostForFour(),
        extras=False,
        include_noisy=True,
    )
    runs = Measurements({"tiny": MeasureTask(workload, variants, ("short",))}, settings, lambda measurement: [])
    try:
        first = runs.get("tiny", "short")
        again = runs.more("tiny", "short", lambda measurement: ["a"])
    finally:
        runs.close()
    return first, again, progress.said


@pytest.mark.slow
def test_every_variant_has_rounds_beside_a_baseline_and_a_control_of_its_own(
    found: tuple[Measurement, Measurement, list[str]],
) -> None:
    whole, again, said = found
    batches = [line for line in said if "in batches, now" in line]
    assert len(batches) >= 2
    assert all(f"{BASELINE}, {CONTROL}" in line for line in batches)
    assert whole.residency == "concurrent"
    assert whole.rounds == ROUNDS_OF_A_PARTY * len(batches)
    assert len(set(whole.processes)) == len(batches)
    for name in "abcd":
        columns = whole.columns(name)
        assert len(columns.candidate) == len(columns.baseline) == ROUNDS_OF_A_PARTY
        assert columns.control is not None
        assert columns.processes is None
        assert whole.all_samples[name].failure is None
        assert whole.all_samples[name].rel_l2 == 0.0
    assert any(f"in {len(batches)} batches" in note for note in whole.notes)
    assert again is whole, "the workers of the first batch are gone"
