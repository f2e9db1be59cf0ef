"""How much room the next run keeps for a worker: real processes, and what they were asked beside the rounds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jitgate.cache.store import ArtefactCache
from jitgate.engines.registry import BASELINE, VariantSpec
from jitgate.measure.session import Measurements
from jitgate.measure.settings import Means, Task
from jitgate.pool.memory_estimator import Oracle
from jitgate.workloads.spec import WorkloadSpec

from tests.jitgate.measure.fake_team import Silent

MIB = 1 << 20


@pytest.mark.slow
def test_room_is_kept_for_new_lengths_too_and_the_peak_is_of_the_scenario_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once 36 workers had grown while new lengths were tried, the kernel killed one of them, and its tests were red."""
    learned: dict[str, list[int]] = {}
    learn = Oracle.learn

    def listen(self: Oracle, variant: VariantSpec, scenario: str, memory: dict[str, int]) -> None:
        learn(self, variant, scenario, memory)
        learned.setdefault(variant.name, []).append(memory["peak_bytes"])

    monkeypatch.setattr(Oracle, "learn", listen)
    eager = VariantSpec(BASELINE, "jitgate.engines.eager:eager")
    sprawling = VariantSpec("sprawling", "tests.jitgate.pool.models:sprawling")
    workload = WorkloadSpec(
        "tiny", "tests.jitgate.pool.models:tiny", ("short",), (BASELINE, "sprawling"), where="my.toml"
    )
    cache = ArtefactCache(tmp_path / "cache")
    means = Means(
        device="cpu", cache=cache, progress=Silent(), budget_s=1.0, timeout_s=120.0, seed=0, keep_disturbed=True
    )
    runs = Measurements({"tiny": Task(workload, (eager, sprawling), ("short",))}, means, lambda measurement: [])
    try:
        found = runs.get("tiny", "short")
    finally:
        runs.close()
    arm = found.arms["sprawling"]
    assert arm.failure is None
    assert len(arm.new_lengths.lengths) == 4
    assert arm.peak_bytes is not None
    assert arm.peak_bytes < 32 * MIB
    assert learned["sprawling"][-1] >= arm.peak_bytes + 48 * MIB
    kept = [json.loads(path.read_text())["need_bytes"] for path in (tmp_path / "cache" / "footprints").iterdir()]
    assert len(kept) == 2, "baseline and control are one variant"
    assert max(kept) >= learned["sprawling"][-1]
