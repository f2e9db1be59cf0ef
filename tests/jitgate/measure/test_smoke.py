"""Smoke mode: every worker loads and makes its first call, outputs are compared, and nothing is timed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from jitgate.cache.store import ArtefactCache
from jitgate.device.power import Power
from jitgate.measure.session import Measurements
from jitgate.measure.settings import MeasureTask, RunSettings
from jitgate.model.failure import FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.workloads.spec import WorkloadSpec

from tests.jitgate.measure.fake_team import Silent

WORKLOAD = WorkloadSpec("tiny", "tests.jitgate.pool.models:tiny", ("short",), (BASELINE,), where="my.toml")
EAGER = VariantSpec(BASELINE, "jitgate.engines.eager:eager")
OTHERS = tuple(
    VariantSpec(name, f"tests.jitgate.pool.models:{factory}", where="my.toml")
    for name, factory in (("copied", "copied"), ("off", "off_by_one_percent"), ("lacking", "unavailable"))
)


class Untouched:
    """A meter that must not be used."""

    work_s = 1.0
    missing = None

    def begin(self) -> None:
        raise AssertionError("power was measured")

    def end(self, calls: int) -> Power:
        raise AssertionError("power was measured")


def never(measurement: Measurement) -> list[str]:
    raise AssertionError("rounds were made")


@pytest.fixture(params=[1, 3], ids=["one set", "three sets asked for"])
def measured(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Measurement, list[Measurement]]]:
    closed: list[Measurement] = []
    settings = RunSettings(
        device="cpu",
        cache=ArtefactCache(tmp_path / "cache"),
        progress=Silent(),
        budget_s=None,
        timeout_s=120.0,
        seed=0,
        processes=request.param,
        meter=Untouched(),
        smoke=True,
        on_close=closed.append,
    )
    runs = Measurements({"tiny": MeasureTask(WORKLOAD, (EAGER, *OTHERS), ("short",))}, settings, never)
    try:
        found = runs.get("tiny", "short")
        assert runs.more("tiny", "short", never) is found
        yield found, closed
    finally:
        runs.close()


@pytest.mark.slow
def test_outputs_are_compared_and_nothing_is_timed(measured: tuple[Measurement, list[Measurement]]) -> None:
    found, closed = measured
    assert list(found.all_samples) == [BASELINE, "copied", "off", "lacking"], "no control: there is no noise to know"
    assert found.rounds == 0
    for samples in found.all_samples.values():
        assert (samples.turns, samples.first_s, samples.warm_s, samples.power) == ((), (), (), None)
    assert found.all_samples["copied"].rel_l2 == 0.0
    assert found.all_samples["off"].rel_l2 == pytest.approx(0.01, rel=1e-3)
    assert found.all_samples["off"].cold_start.first_call_s is not None
    failure = found.all_samples["lacking"].failure
    assert failure is not None
    assert failure.kind is FailureKind.UNAVAILABLE
    assert found.flop_count is None
    assert found.notes[-1] == "Smoke session: each variant made one call, and nothing was timed."
    assert closed == [], "workers were started once"
