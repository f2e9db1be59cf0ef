"""How much room the next run keeps for a worker: real processes, and what they were asked beside the rounds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jitgate.cache.store import ArtefactCache
from jitgate.measure.session import Measurements
from jitgate.measure.settings import MeasureTask, RunSettings
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.pool.memory_estimator import MemoryEstimator
from jitgate.workloads.spec import WorkloadSpec

from tests.jitgate.measure.fake_team import Silent

MIB = 1 << 20


@pytest.mark.slow
def test_room_is_kept_for_new_lengths_too_and_the_peak_is_of_the_scenario_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once 36 workers had grown while new lengths were tried, the kernel killed one of them, and its tests were red."""
    learned: dict[str, list[int]] = {}
    learn = MemoryEstimator.learn

    def listen(self: MemoryEstimator, variant: VariantSpec, scenario: str, memory: MemoryPeaks) -> None:
        learn(self, variant, scenario, memory)
        learned.setdefault(variant.name, []).append(memory.peak_bytes or 0)

    monkeypatch.setattr(MemoryEstimator, "learn", listen)
    eager = VariantSpec(BASELINE, "jitgate.engines.eager:eager")
    sprawling = VariantSpec("sprawling", "tests.jitgate.pool.models:sprawling")
    workload = WorkloadSpec(
        "tiny", "tests.jitgate.pool.models:tiny", ("short",), (BASELINE, "sprawling"), where="my.toml"
    )
    cache = ArtefactCache(tmp_path / "cache")
    settings = RunSettings(
        device="cpu", cache=cache, progress=Silent(), budget_s=1.0, timeout_s=120.0, seed=0, include_noisy=True
    )
    runs = Measurements(
        {"tiny": MeasureTask(workload, (eager, sprawling), ("short",))}, settings, lambda measurement: []
    )
    try:
        found = runs.get("tiny", "short")
    finally:
        runs.close()
    samples = found.all_samples["sprawling"]
    assert samples.failure is None
    assert len(samples.unseen_shapes.lengths) == 4
    assert samples.peak_bytes is not None
    assert samples.peak_bytes < 32 * MIB
    assert learned["sprawling"][-1] >= samples.peak_bytes + 48 * MIB
    kept = [json.loads(path.read_text())["need_bytes"] for path in (tmp_path / "cache" / "memory_records").iterdir()]
    assert len(kept) == 2, "baseline and control are one variant"
    assert max(kept) >= learned["sprawling"][-1]
