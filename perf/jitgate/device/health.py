"""What other processes took of the processor while a round was timed."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from jitgate.device.families import families
from jitgate.device.processor import usable_cores

LOST_CORES = 0.25
"""Of one core, taken by others. A quiet machine shows up to about a tenth (daemons, accounting by ticks), and a shared
host takes some per cent from its guests all the time."""

FREE_CORES = 0.5
"""While at least half a core idles, other processes do not run in the workers' place."""

LEAST_S = 0.05
"""Processor time below this can't be told from the kernel's 10 ms ticks."""

THROTTLED = 0.05
"""Share of the time in which a container's quota held the processes back."""


class Health(Protocol):
    """Watches a part of the machine while rounds run."""

    def mark(self) -> None:
        """A round begins."""
        ...

    def cause(self) -> str | None:
        """What disturbed the time since `mark`, in words; None where nothing did, or nothing can be read."""
        ...


class AllOf:
    """Several watchers as one; the first that saw something is quoted."""

    def __init__(self, watchers: Sequence[Health]) -> None:
        self._watchers = watchers

    def mark(self) -> None:
        for watcher in self._watchers:
            watcher.mark()

    def cause(self) -> str | None:
        causes = [watcher.cause() for watcher in self._watchers]  # all are asked: some compare with what they saw last
        return next((cause for cause in causes if cause is not None), None)


@dataclass(frozen=True)
class ProcessorTotals:
    """Running totals in seconds. busy_s: of the usable cores, including `stolen_s`, which the hypervisor took.

    stolen_s, throttled_s: None where the platform does not report. ours_s: process id -> processor time, with that
    of the processes below it, also those that have ended.
    """

    at_s: float
    busy_s: float
    stolen_s: float | None
    throttled_s: float | None
    ours_s: Mapping[int, float]


class HostLoad:
    """Processor time that neither the workers, with their children, nor this process used, as the system counts it.

    workers: gives their process ids, asked each time, since workers may die. Linux guests report stolen time, and
    control groups the throttling by a quota; Windows reports neither. Other processes show everywhere.
    """

    def __init__(
        self, workers: Callable[[], Collection[int]], read: Callable[[Collection[int]], ProcessorTotals] | None = None
    ):
        self._workers = workers
        self._read = read or read_totals
        self._cores = len(usable_cores())
        self._begin: ProcessorTotals | None = None

    def mark(self) -> None:
        self._begin = self._read({os.getpid(), *self._workers()})

    def cause(self) -> str | None:
        if self._begin is None:
            return None
        begin, end = self._begin, self._read({os.getpid(), *self._workers()})
        wall_s = end.at_s - begin.at_s
        if wall_s <= 0:
            return None
        if end.throttled_s is not None and begin.throttled_s is not None:
            held_s = end.throttled_s - begin.throttled_s
            if held_s > max(LEAST_S, THROTTLED * wall_s):
                return "the container's processor quota held the processes back"
        stolen_s = (end.stolen_s or 0.0) - (begin.stolen_s or 0.0)
        busy_s = end.busy_s - begin.busy_s
        ours_s = sum(seconds - begin.ours_s[pid] for pid, seconds in end.ours_s.items() if pid in begin.ours_s)
        foreign_s = max(0.0, busy_s - stolen_s - ours_s)
        idle_s = self._cores * wall_s - busy_s
        if foreign_s + stolen_s <= max(LEAST_S, LOST_CORES * wall_s) or idle_s >= FREE_CORES * wall_s:
            return None
        return "the hypervisor gave the processor to others" if stolen_s > foreign_s else "other processes were running"


def read_totals(pids: Collection[int]) -> ProcessorTotals:
    """The present totals of the usable cores and of `pids`, without those that have ended."""
    every = psutil.cpu_times(percpu=True)
    cores = [every[number] for number in usable_cores() if number < len(every)]
    stolen = [steal for core in cores if (steal := getattr(core, "steal", None)) is not None]
    idle_s = sum(core.idle + getattr(core, "iowait", 0.0) for core in cores)
    guest_s = sum(getattr(core, "guest", 0.0) + getattr(core, "guest_nice", 0.0) for core in cores)  # in user already
    ours: dict[int, float] = {}
    for pid, family in families(pids).items():
        for member in (pid, *family):
            with contextlib.suppress(psutil.Error):
                times = psutil.Process(member).cpu_times()
                # This process waits for workers that ended, and their time must not look like its own.
                ended_s = 0.0 if member == os.getpid() else times.children_user + times.children_system
                ours[pid] = ours.get(pid, 0.0) + times.user + times.system + ended_s
    return ProcessorTotals(
        time.monotonic(),
        sum(sum(core) for core in cores) - idle_s - guest_s,
        sum(stolen) if stolen else None,
        throttled_s(),
        ours,
    )


def throttled_s(groups: Path = Path("/sys/fs/cgroup")) -> float | None:
    """Seconds for which a quota held this container's processes back (control groups v2); None where not reported."""
    try:
        lines = (groups / "cpu.stat").read_text().splitlines()
    except OSError:
        return None
    fields = dict(line.split(maxsplit=1) for line in lines if " " in line)
    return int(fields["throttled_usec"]) / 1e6 if "throttled_usec" in fields else None
