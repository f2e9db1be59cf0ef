"""The stages of a call, by the clock and by a stand-in card's events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from jitgate.device.stopwatch import CudaStopwatch, WallStopwatch, stopwatch_for


@dataclass
class FakeEvent:
    card: FakeCuda
    at_ms: float = 0.0

    def record(self) -> None:
        self.card.now_ms += 1.0
        self.at_ms = self.card.now_ms

    def elapsed_time(self, other: FakeEvent) -> float:
        return other.at_ms - self.at_ms


@dataclass
class FakeCuda:
    """A card whose every record takes a millisecond."""

    now_ms: float = 0.0
    made: list[bool] = field(default_factory=list)

    def Event(self, enable_timing: bool) -> Any:  # noqa: N802 - torch's name
        self.made.append(enable_timing)
        return FakeEvent(self)


def test_parts_are_summed_and_their_first_end_is_kept() -> None:
    watch = CudaStopwatch(FakeCuda())
    watch.start()
    for stage in ("a", "b", "b"):
        watch.begin(stage)
        watch.end(stage)
    laps = watch.read()
    assert laps.spent_s == pytest.approx({"a": 0.001, "b": 0.002})
    assert laps.calls == {"a": 1, "b": 2}
    assert laps.first_s == pytest.approx({"a": 0.002, "b": 0.004})
    watch.start()
    assert watch.read().spent_s == {}, "each call by itself"


def test_events_can_be_timed_by() -> None:
    card = FakeCuda()
    CudaStopwatch(card).start()
    assert card.made
    assert all(card.made)


def test_the_clock_moves_on() -> None:
    watch = stopwatch_for("cpu")
    assert isinstance(watch, WallStopwatch)
    watch.start()
    for stage in ("a", "b", "a"):
        watch.begin(stage)
        sum(range(1000))
        watch.end(stage)
    laps = watch.read()
    assert laps.calls == {"a": 2, "b": 1}
    assert 0 < laps.first_s["a"] < laps.first_s["b"]
    assert min(laps.spent_s.values()) > 0


def test_a_stage_may_run_while_another_does() -> None:
    """As where one has a thread of its own: each is timed from its own begin."""
    watch = CudaStopwatch(FakeCuda())
    watch.start()
    watch.begin("a")
    watch.begin("b")
    watch.end("b")
    watch.end("a")
    assert watch.read().spent_s == pytest.approx({"a": 0.003, "b": 0.001})
