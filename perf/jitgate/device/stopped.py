"""Workers whose process a signal has stopped while they were waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping


class Stopped:
    """A `Health`: a round in which a worker was stopped is disturbed. stopped_s: as `WorkerPool.stopped_s`."""

    def __init__(self, stopped_s: Callable[[], Mapping[str, float]]) -> None:
        self._stopped_s = stopped_s

    def mark(self) -> None:
        self._stopped_s()

    def cause(self) -> str | None:
        found = self._stopped_s()
        if not found:
            return None
        each = ", ".join(f"{name} for {seconds:.0f} s" for name, seconds in found.items())
        return f"a signal had stopped a worker (SIGSTOP): {each}"
