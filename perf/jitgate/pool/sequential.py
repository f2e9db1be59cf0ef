"""Workers of which one is resident at a time: started, loaded, given a scenario, and ended after their block."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jitgate.model.cold_start import ColdStart
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.requests import CheckFallback, ReadMemory
from jitgate.model.turn import Turn
from jitgate.model.variant import BASELINE
from jitgate.pool.binding import Checked, begin_steady, bind_one, first_call, forget_outputs
from jitgate.pool.pool import WorkerPool
from jitgate.pool.prepare import load, open_models
from jitgate.pool.ready import Ready
from jitgate.pool.worker_process import Worker

TYPICAL_CALLS = 5
"""To learn how many calls make a block; the first ones are cold, and their median is not."""


@dataclass(frozen=True)
class FirstRun:
    """What every worker showed in its first process. typical_s: of the baseline's calls; None where it failed."""

    checked: dict[str, Checked]
    typical_s: float | None


class ExclusiveWorkers:
    """A pool whose workers do not fit at once. A worker that failed is not started again."""

    def __init__(self, pool: WorkerPool, ready: Ready) -> None:
        self._pool = pool
        self._ready = ready

    @contextmanager
    def running(self, name: str, scenario: str) -> Iterator[ResidentWorker | None]:
        """Worker `name`, loaded and with its first call of `scenario` behind it; None where it failed on the way.

        It has ended when the context is left, so that the next worker finds the memory free.
        """
        with self._spawned(name, ColdStart()) as worker:
            alive = worker.alive and first_call(self._pool, worker, scenario, ColdStart()) is not None
            if alive:
                begin_steady(self._pool, worker)
            yield ResidentWorker(self._pool, worker, scenario) if worker.alive else None

    def first_run(self, scenario: str) -> FirstRun:
        """Every worker once, one after the other, the baseline first: cold figures, and outputs compared with its own.

        Returns what that showed of each worker that got so far, and what a call of the baseline takes.
        """
        checked: dict[str, Checked] = {}
        typical_s = None
        for name in sorted(self._pool.workers, key=lambda name: name != BASELINE):
            if not self._pool.workers[name].alive:
                continue
            cold = self._ready.cold_start[name]
            with self._spawned(name, cold) as worker:
                found = bind_one(self._pool, worker, scenario, cold) if worker.alive else None
                if found is not None:
                    checked[name] = found
                if found is not None and worker.alive and name == BASELINE:
                    turn = self._pool.turn(name, scenario, 0, TYPICAL_CALLS)
                    typical_s = statistics.median(turn.wall_ns) / 1e9 if turn is not None else None
        forget_outputs(self._pool, scenario)
        return FirstRun(checked, typical_s)

    @contextmanager
    def _spawned(self, name: str, cold: ColdStart) -> Iterator[Worker]:
        pool, ready = self._pool, self._ready
        worker = pool.replace(name)
        try:
            pool.initialise([worker])
            open_models(pool, [worker], ready)
            load(pool, worker, ready, cold if cold.load_s is None else ColdStart())
            yield worker
        finally:
            pool.stop([worker])


class ResidentWorker:
    """The worker that is resident."""

    def __init__(self, pool: WorkerPool, worker: Worker, scenario: str) -> None:
        self._pool = pool
        self._worker = worker
        self._scenario = scenario

    def turn(self, start: int, count: int) -> Turn | None:
        """`count` calls from input number `start`; None where the worker failed."""
        return self._pool.turn(self._worker.name, self._scenario, start, count)

    def memory(self) -> MemoryPeaks | None:
        """What it has taken until now, as a whole."""
        found = self._pool.ask(self._worker, "reading memory", ReadMemory())
        return None if found is None else self._pool.memory_attribution.device_level(self._worker.name, found)

    def fallback(self) -> str | None:
        """What ran instead of the variant in one more call, which is watched; None where the variant itself ran."""
        found = self._pool.ask(self._worker, "checking for a fallback", CheckFallback(self._scenario))
        return None if found is None else found.fallback
