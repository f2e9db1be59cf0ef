"""What runs next to the model in a worker is told with each turn."""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from jitgate.model.answers import Done, WorkerFacts
from jitgate.model.requests import FreezeGarbage, ReadMemory, SetThreads, StartWorker
from jitgate.model.source_tree import SourceTree
from jitgate.model.surroundings import Surroundings
from jitgate.model.take_turn import TakeTurn
from jitgate.model.tree_requests import EnterTree
from jitgate.model.turn import Turn
from jitgate.worker.turn_watch import LOOK_S, TurnWatch, slowed_by

TURN = TakeTurn("short", 0, 1)


class Clocks:
    """Two clocks, which only move when they are told to."""

    def __init__(self) -> None:
        self.cpu_s = self.wall_s = 0.0

    def spend(self, cpu_s: float, wall_s: float) -> Turn:
        self.cpu_s += cpu_s
        self.wall_s += wall_s
        return Turn((1,), ())

    def sleep(self, seconds: float) -> None:
        """A thread that was left behind takes a quarter of a processor meanwhile."""
        self.spend(seconds / 4, seconds)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def watch(clocks: Clocks) -> TurnWatch:
    return TurnWatch(lambda: clocks.cpu_s, lambda: clocks.wall_s, clocks.sleep)


def seen(watch: TurnWatch, clocks: Clocks, cpu_s: float = 1.0, wall_s: float = 1.0) -> Surroundings:
    return watch.around(TURN, lambda: clocks.spend(cpu_s, wall_s)).surroundings


def test_processors_that_are_busy_in_a_turn_and_before_it_are_counted(watch: TurnWatch, clocks: Clocks) -> None:
    found = seen(watch, clocks, 2.0, 1.0)
    assert (found.call_cpu_s, found.call_s) == pytest.approx((2.0, 1.0))
    assert (found.waiting_cpu_s, found.waiting_s) == pytest.approx((LOOK_S / 4, LOOK_S))


def test_it_looks_once_before_some_turns(watch: TurnWatch, clocks: Clocks) -> None:
    seen(watch, clocks)
    assert seen(watch, clocks).waiting_s == 0.0
    watch.around(ReadMemory(), lambda: clocks.spend(3.0, 4.0))  # type: ignore[arg-type, return-value]
    assert seen(watch, clocks).waiting_s == pytest.approx(LOOK_S)


def test_the_threads_that_the_workload_asks_for_and_those_of_torch_are_told(watch: TurnWatch, clocks: Clocks) -> None:
    assert seen(watch, clocks).threads is None
    watch.around(SetThreads(3), Done)
    found = seen(watch, clocks)
    assert (found.threads, found.torch_threads) == (3, torch.get_num_threads())


def test_a_quiet_process_is_slowed_by_nothing() -> None:
    with untraced():
        assert [
            each for each in slowed_by({"PATH": "/bin", "PYTHONMALLOC": "malloc"}) if "monitoring" not in each
        ] == []


def test_a_tracer_and_a_profiler_are_named() -> None:
    with untraced():
        sys.setprofile(profile)
        sys.settrace(trace)
        found = list(slowed_by({}))
    assert f"a tracer ({__name__}.trace)" in found
    assert f"a profiler ({__name__}.profile)" in found


class untraced:  # noqa: N801 - a context
    """No tracer inside, whatever runs this test: coverage, a debugger."""

    def __enter__(self) -> None:
        self._before = sys.gettrace(), sys.getprofile()
        sys.settrace(None)
        sys.setprofile(None)

    def __exit__(self, *error: object) -> None:
        sys.settrace(self._before[0])
        sys.setprofile(self._before[1])


def trace(*event: Any) -> None: ...


def profile(*event: Any) -> None: ...


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PYTHONMALLOC": "debug"}, "a debug allocator (PYTHONMALLOC=debug)"),
        ({"MALLOC_PERTURB_": "165"}, "a debug allocator (MALLOC_PERTURB_)"),
        ({"LD_PRELOAD": "/a/libasan.so.8:/a/libjemalloc.so"}, "a debug library (LD_PRELOAD=/a/libasan.so.8)"),
    ],
)
def test_a_debug_allocator_is_named(environment: dict[str, str], said: str) -> None:
    assert [each for each in slowed_by(environment) if each.startswith("a debug ")] == [said]


def test_tools_of_python_3_12_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    tools = {1: "coverage"}
    monkeypatch.setattr(sys, "monitoring", SimpleNamespace(get_tool=tools.get), raising=False)
    assert "a monitoring tool (coverage)" in list(slowed_by({}))


def test_what_torch_records_is_named() -> None:
    with torch.autograd.set_detect_anomaly(True, check_nan=False):
        assert "torch's anomaly detection" in list(slowed_by({}))
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]):
        assert "torch's profiler" in list(slowed_by({}))


@pytest.fixture
def traced_memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced_memory")
def test_a_trace_of_memory_is_named() -> None:
    assert "tracemalloc" in list(slowed_by({}))


@pytest.mark.slow
def test_the_development_mode_is_named(tmp_path: Path) -> None:
    script = "from jitgate.worker.turn_watch import slowed_by; print(list(slowed_by()))"
    done = subprocess.run([sys.executable, "-X", "dev", "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert "development mode" in done.stdout, done.stderr


def test_the_working_directory_of_a_checkout_is_not_put_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker of another commit stays where it went when it entered its checkout, and nothing is said of it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tree").mkdir()
    watch = TurnWatch()
    watch.around(StartWorker("cpu"), lambda: WorkerFacts("2", 1))

    def entered() -> Done:
        os.chdir(tmp_path / "tree")
        return Done()

    watch.around(EnterTree(SourceTree("base", tmp_path / "tree", tmp_path), {}), entered)
    watch.around(FreezeGarbage(), Done)
    assert Path.cwd() == tmp_path / "tree"
