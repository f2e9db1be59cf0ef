"""Memory of this process and of the processes below it, counted once."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from jitgate.device.memory import HostMemory, Usage
from jitgate.model.memory_parts import ChildMemory, MemoryParts

HELPERS = {
    str(Path("_inductor", "compile_worker")): "compile workers of torch",
    "multiprocessing.resource_tracker": "resource tracker of Python",
}
"""Part of a command line -> whose process it is. How many there are goes by the machine's processors, not the model."""

BUILDERS = ("torch._inductor.cpp_builder", "torch.utils.cpp_extension")
"""Modules that run compilers: where one is imported, a child that has ended may have been a compiler."""

SHARED = ("/dev/shm/", "/memfd:", "/dev/zero", "/SYSV")  # noqa: S108 - names in a listing, nothing is opened
"""How Linux names maps of shared memory."""

SAMPLE_S = 0.01
"""Between two samples of an untimed call: a child that lives shorter has had the time for some ten MiB of new pages."""


@dataclass(frozen=True)
class Family:
    """The processes below this one. added: what they hold on top of it. peak_bytes: the most that they held on top."""

    count: int = 0
    added: MemoryParts = field(default_factory=MemoryParts)
    peak_bytes: int = 0
    helpers: Mapping[str, int] = field(default_factory=dict)


class TreeMemory:
    """Resident memory of this process and of all below it.

    Everything that is resident counts, pages of mapped files too: a call that finds them gone reads them from the disk,
    and then takes another time than was measured. A page that several of these processes have counts once: memory that
    a fork shares by its share (Pss of /proc/PID/smaps), a file in the process that has most of it. Elsewhere a child
    counts with what it has alone (psutil's `uss`).

    Peaks: the kernel keeps one for each living process (VmHWM; Windows: the peak of the working set), and they are
    added up, though they may be of different moments. Of children that ended it tells the largest one only
    (`RUSAGE_CHILDREN`), and what that one shared with this process is known to this process's private bytes; a figure
    below this process's own peak says nothing, because a process that starts a program hands its peak on. So one
    untimed call is sampled every `SAMPLE_S` too (`watched`).
    Not seen: a process whose parent has ended, unless this process adopts it (`adopt_orphans`).
    """

    def __init__(self, own: HostMemory | None = None, process: psutil.Process | None = None) -> None:
        self._own = own or HostMemory()
        self._process = process or psutil.Process()
        self._watched_bytes = 0
        self._ended_before = _ended()

    def read(self) -> Usage:
        own, family = self._own.read(), self.family()
        peak = None if own.peak_bytes is None else own.peak_bytes + max(family.peak_bytes, self._gone_bytes(own))
        return Usage(own.level_bytes + family.added.total_bytes, peak)

    def reset_peak(self) -> bool:
        self._ended_before = _ended()
        for child in self._children():
            with contextlib.suppress(OSError):
                Path(f"/proc/{child.pid}/clear_refs").write_text("5")
        return self._own.reset_peak()

    def parts(self) -> MemoryParts:
        """What is resident now, by kind."""
        return self._own.parts() + self.family().added

    def children(self) -> ChildMemory | None:
        """The processes below; None where there were none since the peak was last reset."""
        family, ended = self.family(), _ended()
        peak = max(family.peak_bytes, self._gone_bytes(self._own.read()))
        reaped = ended.faults > self._ended_before.faults
        if not (family.count or family.helpers or peak or reaped):
            return None
        unread = reaped and not peak
        return ChildMemory(family.count, family.added.total_bytes, peak, family.helpers, unread)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Sample what children hold while an untimed call runs inside; it counts as a peak from now on."""
        self._watched_bytes = 0
        done = threading.Event()
        watch = threading.Thread(target=self._watch, args=(done,), daemon=True)
        watch.start()
        try:
            yield
        finally:
            done.set()
            watch.join()

    def family(self) -> Family:
        """Everything below this process, read now; takes some 30 ms for each process where there is one."""
        kin: list[psutil.Process] = []
        helpers: dict[str, int] = {}
        for child in self._children():
            name = _helper(child)
            if name is None:
                kin.append(child)
            else:
                helpers[name] = helpers.get(name, 0) + _alone(child)
        if not kin:
            return Family(helpers=helpers)
        read = {child: found for child in kin if (found := _resident(child)) is not None}
        added = _added(self._process, list(read))
        given_back = sum(peak - level for level, peak in read.values())
        return Family(len(read), added, added.total_bytes + given_back, helpers)

    def _children(self) -> list[psutil.Process]:
        return self._process.children(recursive=True) if _has_children() else []

    def _watch(self, done: threading.Event) -> None:
        while not done.wait(SAMPLE_S):
            with contextlib.suppress(MemoryError):  # a model under a cap may have left nothing to look with
                held = sum(_alone(child) for child in self._children() if _helper(child) is None)
                self._watched_bytes = max(self._watched_bytes, held)

    def _gone_bytes(self, own: Usage) -> int:
        """The most that children held that need not be there any more."""
        largest = _ended().peak_bytes
        told = largest > max(self._ended_before.peak_bytes, own.peak_bytes or 0)
        if not told or any(name in sys.modules for name in BUILDERS):
            return self._watched_bytes
        return max(self._watched_bytes, largest - self._own.parts().own_bytes)


@dataclass(frozen=True)
class _Ended:
    """Children that ended and were waited for: the largest resident set of one; page faults of all, which only grow."""

    peak_bytes: int = 0
    faults: int = 0


def _ended() -> _Ended:
    if sys.platform == "win32":
        return _Ended()
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return _Ended(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), usage.ru_minflt)


def _has_children() -> bool:
    """One system call, where there is one; True where only a walk over all processes can tell."""
    if not hasattr(os, "waitid"):
        return True
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)  # takes no exit status away from anyone
    except ChildProcessError:
        return False
    return True


def _helper(process: psutil.Process) -> str | None:
    try:
        command = " ".join(process.cmdline())
    except (psutil.Error, OSError):
        return None
    return next((name for part, name in HELPERS.items() if part in command), None)


def _alone(process: psutil.Process) -> int:
    """What the system gets back when it ends; all that it has where it keeps that from us, 0 where it has ended."""
    try:
        return int(process.memory_full_info().uss)
    except psutil.AccessDenied:
        found = _resident(process)
        return 0 if found is None else found[0]
    except (psutil.Error, OSError):
        return 0


def _resident(process: psutil.Process) -> tuple[int, int] | None:
    """Resident now and at most; None where it has ended."""
    try:
        found: Any = process.memory_info()
        status = Path(f"/proc/{process.pid}/status")
        peak = HostMemory(status.parent).read().peak_bytes if status.exists() else getattr(found, "peak_wset", None)
    except (psutil.Error, OSError):
        return None
    return (int(found.rss), max(int(found.rss), peak or 0)) if found.rss else None


def _added(parent: psutil.Process, children: list[psutil.Process]) -> MemoryParts:
    """What `children` hold on top of `parent`, and each page once."""
    before = _maps(parent)
    rows = [*before, *(row for child in children for row in _maps(child))]
    if not before:
        return MemoryParts(sum(_alone(child) for child in children))
    alone = MemoryParts(sum(row.rss if _no_file(row.path) else row.anonymous for row in before), *_files(before))
    return MemoryParts(round(sum(map(_own_share, rows))), *_files(rows)).above(alone)


def _maps(process: psutil.Process) -> list[Any]:
    """Rows of path, rss, pss and anonymous; empty for a process that has ended, and where no shares are told."""
    try:
        rows: list[Any] = process.memory_maps(grouped=True)
    except (psutil.Error, OSError, AttributeError):
        return []
    return rows if rows and hasattr(rows[0], "pss") else []


def _own_share(row: Any) -> float:
    if _no_file(row.path):
        return float(row.pss)
    return float(row.anonymous * row.pss / row.rss) if row.rss else 0.0


def _files(rows: Iterable[Any]) -> tuple[int, int]:
    """Bytes of mapped files, and of shared memory: of each the most that one process has."""
    most: dict[str, int] = {}
    for row in rows:
        if not _no_file(row.path):
            most[row.path] = max(most.get(row.path, 0), row.rss - row.anonymous)
    shared = sum(size for path, size in most.items() if path.startswith(SHARED))
    return sum(most.values()) - shared, shared


def _no_file(path: str) -> bool:
    return not path or path.startswith("[")
