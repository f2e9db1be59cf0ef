"""At which outputs of timed calls a worker looks: at as many as their share of the time pays for."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from jitgate.model.take_turn import TakeTurn
from jitgate.model.turn import Turn
from jitgate.worker.late_work import LateWork
from jitgate.worker.timed_calls import FIRST_NS, LOOKING_SHARE, NO_NUMBER, OutputWatch

X = torch.randn(4, 8)


class Ticking:
    """A clock that a look moves on."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


def looks(
    monkeypatch: pytest.MonkeyPatch, call_ns: int, look_ns: int, turns: int, count: int = 60, first_ns: float = 0.0
) -> list[set[int]]:
    """Of each turn, the calls that are looked at, where a call and a look take so long."""
    monkeypatch.setattr("jitgate.worker.timed_calls.FIRST_NS", first_ns)
    clock, watch, found = Ticking(), OutputWatch(), list[set[int]]()
    monkeypatch.setattr("jitgate.worker.timed_calls.perf_counter_ns", clock)
    monkeypatch.setattr("jitgate.worker.timed_calls.thread_ns", clock)
    real = OutputWatch._look_at_values

    def slow(self: OutputWatch, number: int, leaves: Any) -> None:
        real(self, number, leaves)
        clock.now_ns += look_ns

    monkeypatch.setattr(OutputWatch, "_look_at_values", slow)
    for _ in range(3):
        watch.look(NO_NUMBER, X, call_ns)
    for start in range(0, turns * count, count):
        watch.begin(TakeTurn("short", start, count, looking=7))
        for number in range(start, start + count):
            watch.look(number, X, call_ns)
        told = watch.told(Turn((call_ns,) * count, ()))
        found.append({number - start for number in sum(told.seen.values(), ()) if number != NO_NUMBER})
        assert told.looking_s == told.looking_cpu_s == pytest.approx(len(found[-1]) * look_ns / 1e9)
    return found


def test_all_calls_are_looked_at_where_that_is_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert looks(monkeypatch, 2_000_000, 10_000, 3) == [set(range(60))] * 3


def test_the_first_hundreds_of_calls_are_looked_at_whatever_they_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    found = looks(monkeypatch, 50_000, 10_000, 12, first_ns=FIRST_NS)
    assert found[:8] == [set(range(60))] * 8
    assert len(found[-1]) < 10


@pytest.mark.parametrize("look_ns", [10_000, 100_000, 3_000_000])
def test_looking_takes_its_share_of_the_calls_time_and_no_more(monkeypatch: pytest.MonkeyPatch, look_ns: int) -> None:
    found = looks(monkeypatch, 100_000, look_ns, 100)
    for turns in range(1, 101):
        assert sum(map(len, found[:turns])) * look_ns <= LOOKING_SHARE * turns * 60 * 100_000 + 1
    assert sum(map(len, found)) * look_ns > 0.5 * LOOKING_SHARE * 100 * 60 * 100_000, "what is paid for is used"


def test_calls_that_are_looked_at_follow_each_other_from_the_same_on(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, fast = looks(monkeypatch, 100_000, 10_000, 1)[0], looks(monkeypatch, 50_000, 10_000, 1)[0]
    assert slow == set(range(7, 13))
    assert fast == {7, 8, 9}, "so that of eager's, which is slower, the same calls are known"


def test_a_look_at_threads_is_no_part_of_how_an_output_comes_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Ticking()
    monkeypatch.setattr("jitgate.worker.timed_calls.perf_counter_ns", clock)
    monkeypatch.setattr("jitgate.worker.timed_calls.thread_ns", clock)

    def slow(_: LateWork) -> dict[int, int]:
        clock.now_ns += 1_000_000
        return {1: 0}

    monkeypatch.setattr(LateWork, "clocks", slow)
    monkeypatch.setattr(LateWork, "after", lambda *_: 0)
    watch = OutputWatch()
    watch.begin(TakeTurn("short", 0, 1, keep={0: tmp_path / "kept.npy"}))
    watch.look(0, X, 1000)
    found = watch.told(Turn((1000,), ()))
    assert (found.unpacking_s, found.looking_s) == (0.0, 0.001)


def test_the_first_look_which_is_slow_takes_no_time_from_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.chain([0] * 4, [60_000_000_000], itertools.repeat(60_000_000_000))
    monkeypatch.setattr("jitgate.worker.timed_calls.perf_counter_ns", lambda: next(clock))
    monkeypatch.setattr("jitgate.worker.timed_calls.thread_ns", lambda: 0)
    watch = OutputWatch()
    for start in (0, 3):
        watch.begin(TakeTurn("short", start, 3, keep={0: Path("kept")} if not start else {}))
        for number in range(start, start + 3):
            watch.look(number, torch.full((4,), torch.nan), 10_000_000)
        watch._kept.clear()
        found = watch.told(Turn((10_000_000,) * 3, ()))
    assert found.not_finite == (3, 4, 5)
