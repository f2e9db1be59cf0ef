"""How long threads of this process waited for a processor that something else had. Linux tells; 0 elsewhere."""

from __future__ import annotations

import contextlib
from pathlib import Path


class RunQueue:
    """Of the threads that are there when it is made, so before any code of a model runs.

    tasks: the folder with one for each thread. Source: Documentation/scheduler/sched-stats.rst, the second figure of
    `/proc/<pid>/schedstat`.
    """

    def __init__(self, tasks: Path = Path("/proc/self/task")) -> None:
        self._files: list[Path] = []
        with contextlib.suppress(OSError):
            self._files = [task / "schedstat" for task in tasks.iterdir()]
        self._known_ns = self._all_ns()

    def waited_s(self) -> float:
        """Seconds since it was asked last, all threads together."""
        before, self._known_ns = self._known_ns, self._all_ns()
        return max(0, self._known_ns - before) / 1e9

    def _all_ns(self) -> int:
        waited_ns = 0
        for file in self._files:
            with contextlib.suppress(OSError, ValueError, IndexError):  # the thread has ended; no such figure
                waited_ns += int(file.read_text().split()[1])
        return waited_ns
