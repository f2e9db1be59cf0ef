"""Which processes are below which of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Collection

import psutil


def families(pids: Collection[int]) -> dict[int, list[int]]:
    """Each of `pids`, which this process has started -> the process ids below it; one walk over all processes."""
    parents: dict[int, int] = {}
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            parents[process.pid] = process.ppid()
    found: dict[int, list[int]] = {pid: [] for pid in pids}
    for pid in parents.keys() - found.keys():
        above = parents[pid]
        while above not in found and above in parents:
            above = parents[above]
        if above in found and above in parents:
            found[above].append(pid)
    return found
