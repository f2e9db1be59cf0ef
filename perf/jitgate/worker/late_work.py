"""What the variant's own threads go on with once a timed call has returned. Runs in workers, on Linux only."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping

POLL_S = 2e-4
"""Seconds between two looks at the threads."""

SHORTEST_S, LONGEST_S = 1e-3, 2e-2
"""How long is waited: for a thread that has yet to be given the interpreter, and for one that does not end."""

LEAST_NS = 20_000
"""Processor time after a call that is nothing: a thread that is woken and waits again."""


class LateWork:
    """The processor time of Python's threads, those aside that are there already. Pools of native threads (torch's,
    ONNX Runtime's) are none of them: these spin for a while when they have nothing to do."""

    def __init__(self) -> None:
        self._ours = {thread.native_id for thread in threading.enumerate()}

    def clocks(self) -> dict[int, int]:
        """Thread -> nanoseconds of processor time so far; empty where there is no other thread, or no such clock."""
        found = {}
        for thread in threading.enumerate():
            if thread.native_id is not None and thread.native_id not in self._ours:
                with contextlib.suppress(OSError, AttributeError):  # it has ended; the platform has no such clock
                    found[thread.native_id] = time.clock_gettime_ns(_clock_of(thread.native_id))
        return found

    def after(self, before: Mapping[int, int]) -> int:
        """Nanoseconds that threads have taken since `before`, until they rest; 0 for next to nothing."""
        if not before:
            return 0
        began, rests, latest = time.monotonic(), False, dict(before)
        while not rests or time.monotonic() - began < SHORTEST_S:
            time.sleep(POLL_S)
            now = self.clocks()
            rests = not any(now[thread] > latest.get(thread, 0) for thread in now)
            rests = rests or time.monotonic() - began > LONGEST_S
            latest.update(now)
        taken = sum(latest[thread] - before.get(thread, 0) for thread in latest)
        return taken if taken >= LEAST_NS else 0


def _clock_of(native_id: int) -> int:
    """The clock of a thread's processor time, as `pthread_getcpuclockid` makes it; that one takes no thread that may
    have ended (MAKE_THREAD_CPUCLOCK in include/linux/posix-timers.h)."""
    return (~native_id << 3) | 6
