"""The memory of child processes, real ones: counted, counted once, and not lost when they end."""

from __future__ import annotations

import mmap
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from pathlib import Path

import psutil
import pytest
from jitgate.device.memory import HostMemory, Usage
from jitgate.device.process_tree import HELPERS, TreeMemory

MIB = 1 << 20
ROUGHLY = 24 * MIB
"""What a forked child changes of its parent's pages, and what this process does meanwhile."""

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="kinds and peaks of children are Linux's")


def hold(size: int, ready: object, release: object) -> None:
    block = bytearray(b"x") * size
    ready.release()  # type: ignore[attr-defined]
    release.acquire()  # type: ignore[attr-defined]
    del block


def hold_file(path: str, ready: object, release: object) -> None:
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:  # noqa: PTH123
        touched = sum(mapped[at] for at in range(0, len(mapped), 4096))
        ready.release()  # type: ignore[attr-defined]
        release.acquire()  # type: ignore[attr-defined]
        del touched


@contextmanager
def children(count: int, target: Callable[..., None], argument: object) -> Iterator[list[int]]:
    """Real child processes that hold memory inside."""
    ready, release = multiprocessing.Semaphore(0), multiprocessing.Semaphore(0)
    started = [multiprocessing.Process(target=target, args=(argument, ready, release)) for _ in range(count)]
    for each in started:
        each.start()
    for _ in started:
        assert ready.acquire(timeout=60)
    try:
        yield [each.pid or 0 for each in started]
    finally:
        for _ in started:
            release.release()
        for each in started:
            each.join(60)


def test_children_count_with_what_they_hold_on_top_of_their_parent() -> None:
    memory = TreeMemory()
    before = memory.read().level_bytes
    with children(2, hold, 100 * MIB):
        held, found = memory.read(), memory.children()
    assert held.level_bytes - before == pytest.approx(200 * MIB, abs=ROUGHLY), "a fork's share counts once"
    assert found is not None
    assert found.count == 2
    assert found.held_bytes == pytest.approx(200 * MIB, abs=ROUGHLY)
    assert memory.read().level_bytes - before < 50 * MIB, "they are gone"


@linux
def test_a_file_that_all_children_map_counts_once_and_as_a_file(tmp_path: Path) -> None:
    weights = tmp_path / "weights"
    weights.write_bytes(b"w" * 100 * MIB)
    memory = TreeMemory()
    before = memory.parts()
    with children(2, hold_file, str(weights)):
        more = memory.parts().above(before)
    assert more.mapped_bytes + more.shared_bytes == pytest.approx(100 * MIB, abs=ROUGHLY)
    assert more.own_bytes < ROUGHLY


@linux
def test_the_peak_of_a_living_child_is_known_and_reset() -> None:
    memory = TreeMemory()
    memory.reset_peak()
    before = memory.read()
    with children(1, hold, 100 * MIB):
        peak = memory.read().peak_bytes
        assert peak is not None
        assert before.peak_bytes is not None
        assert peak - before.peak_bytes > 90 * MIB
    with children(1, gone_by, 100 * MIB):
        assert memory.read().level_bytes - before.level_bytes < 50 * MIB
        assert (memory.read().peak_bytes or 0) - before.peak_bytes > 90 * MIB
        memory.reset_peak()
        found = memory.children()
    assert found is not None
    assert found.peak_bytes < 50 * MIB


def gone_by(size: int, ready: object, release: object) -> None:
    block = bytearray(b"x") * size
    del block
    ready.release()  # type: ignore[attr-defined]
    release.acquire()  # type: ignore[attr-defined]


def test_a_child_that_lives_for_one_untimed_call_is_sampled() -> None:
    memory = TreeMemory()
    before = memory.read().peak_bytes or 0
    with memory.watched(), children(1, hold, 150 * MIB):
        time.sleep(0.2)
    found = memory.children()
    assert found is not None
    assert found.count == 0
    assert found.peak_bytes == pytest.approx(150 * MIB, abs=ROUGHLY)
    assert (memory.read().peak_bytes or 0) - before > 120 * MIB


SCRIPT = """
import subprocess, sys
from jitgate.device.process_tree import TreeMemory
memory = TreeMemory()
subprocess.run([sys.executable, "-c", sys.argv[1]], check=True)
found = memory.children()
print(found.count, found.peak_bytes, found.unread)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows tells nothing of a process that has ended")
@pytest.mark.parametrize(("code", "at_least", "unread"), [("len(b'x' * (300 << 20))", 250, False), ("", 0, True)])
def test_of_a_child_that_ended_unseen_the_system_tells_what_is_above_this_process(
    code: str, at_least: int, unread: bool
) -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT, code], capture_output=True, text=True, check=True)
    count, peak, said = done.stdout.split()
    assert (count, said) == ("0", str(unread))
    assert at_least * MIB <= int(peak) <= 330 * MIB
    assert bool(int(peak)) is not unread


def test_compile_workers_and_pythons_tracker_are_named_and_not_counted() -> None:
    resource_tracker.ensure_running()
    memory = TreeMemory()
    path = str(Path("torch", "_inductor", "compile_worker", "__main__.py"))
    code = "import sys; block = b'x' * (100 << 20); print('ready', flush=True); sys.stdin.read()"
    own = HostMemory().read().level_bytes
    with subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
        found, level = memory.children(), memory.read().level_bytes
        worker.communicate()
    assert found is not None
    assert set(found.helpers) == set(HELPERS.values())
    assert found.helpers["compile workers of torch"] > 90 * MIB
    assert (found.count, found.held_bytes) == (0, 0)
    assert level - own < 50 * MIB


def test_without_maps_a_child_counts_with_what_it_has_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil.Process, "memory_maps", lambda process, grouped: [])
    with children(1, hold, 100 * MIB):
        found = TreeMemory().family()
    assert found.count == 1
    assert found.added.own_bytes == pytest.approx(100 * MIB, abs=ROUGHLY)
    assert found.added.mapped_bytes == 0


class Unreadable(HostMemory):
    """A platform without peaks."""

    def read(self) -> Usage:
        return Usage(MIB, None)


def test_without_a_peak_of_its_own_there_is_none_of_the_tree() -> None:
    assert TreeMemory(own=Unreadable()).read().peak_bytes is None
