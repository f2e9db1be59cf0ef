"""A test that something else stops, as pytest-timeout does, while its workers start or measure."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from jitgate.cache.store import ArtefactCache
from jitgate.measure.session import Measurements
from jitgate.measure.settings import MeasureTask, RunSettings
from jitgate.model.errors import StoppedError
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.workloads.spec import WorkloadSpec

from tests.jitgate.measure.fake_team import Silent

WORKLOAD = WorkloadSpec("tiny", "tests.jitgate.pool.models:tiny", ("short", "varied"), (BASELINE,), where="my.toml")
EAGER = VariantSpec(BASELINE, "jitgate.engines.eager:eager")


class Stopping(Silent):
    """Stops the run the first time that it is told this."""

    def __init__(self, words: str) -> None:
        self._words = words

    def busy(self, text: str) -> None:
        self._stop_at(text)

    def note(self, text: str) -> None:
        self._stop_at(text)

    def _stop_at(self, text: str) -> None:
        if self._words and self._words in text:
            self._words = ""
            pytest.fail("Timeout (>12.0s) from pytest-timeout.")


def nothing(measurement: Measurement) -> list[str]:
    return []


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Measurements]:
    settings = RunSettings(
        device="cpu",
        cache=ArtefactCache(tmp_path / "cache"),
        progress=Stopping("importing torch"),
        budget_s=0.1,
        timeout_s=120.0,
        seed=0,
        processes=1,
        extras=False,
    )
    found = Measurements({"tiny": MeasureTask(WORKLOAD, (EAGER,), ("short", "varied"))}, settings, nothing)
    yield found
    found.close()


def test_every_test_of_a_scenario_says_what_stopped_it_and_no_worker_is_left(runs: Measurements) -> None:
    before = psutil.Process().children()
    with pytest.raises(pytest.fail.Exception, match="Timeout"):
        runs.get("tiny", "short")
    assert psutil.Process().children() == before
    said = r"tiny short was not measured: .* \(Timeout \(>12.0s\) from pytest-timeout\)$"
    for _ in range(2):
        with pytest.raises(StoppedError, match=said):
            runs.get("tiny", "short")


@pytest.mark.slow
def test_the_next_scenario_is_measured(runs: Measurements) -> None:
    with pytest.raises(pytest.fail.Exception, match="Timeout"):
        runs.get("tiny", "short")
    assert runs.get("tiny", "varied").all_samples[BASELINE].failure is None
