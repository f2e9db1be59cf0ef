"""Processes whose parent has ended: kept below this one where the system can do that, found by a mark in any case."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator

import psutil

SET_CHILD_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of linux/prctl.h."""


MARK = "JITGATE_WORKER"
"""Environment variable with a name of its own for each worker, which every process that it starts inherits."""


@contextlib.contextmanager
def marking(mark: str) -> Iterator[None]:
    """A process that is started inside has `mark` from its start: a later change of its environment shows nowhere."""
    before = os.environ.get(MARK)
    os.environ[MARK] = mark
    try:
        yield
    finally:
        if before is None:
            del os.environ[MARK]
        else:
            os.environ[MARK] = before


def end_marked(mark: str) -> None:
    """Kill every other process that has `mark`, wherever it is by now.

    Found are also those that outlive a worker that has crashed, and on Windows those whose parent has ended; not found
    is one that was started with an environment of its own.
    """
    for _ in range(3):  # one of them may start another meanwhile
        found = [
            process
            for process in psutil.process_iter(["environ"])
            if process.pid != os.getpid() and (process.info["environ"] or {}).get(MARK) == mark
        ]
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=5)


def adopt_orphans() -> bool:
    """Become the parent of every later process below this one whose own parent ends; False where there is no such call.

    A process that a model detaches from itself (two forks and a new session) is then still found below the worker: its
    memory counts, and it ends with the worker. Source: man 2 prctl, PR_SET_CHILD_SUBREAPER, Linux 3.4.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        return bool(ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
