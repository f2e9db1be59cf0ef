"""Workers that live one at a time: hired, loaded, given a scenario, and ended when their block is over."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jitgate.model.cold_start import ColdStart
from jitgate.model.turn import Turn
from jitgate.model.variant import BASELINE
from jitgate.pool.binding import begin_steady, bind_one, first_call, forget_outputs
from jitgate.pool.examination import Examined
from jitgate.pool.pool import WorkerPool
from jitgate.pool.prepare import Ready, load, open_models
from jitgate.pool.worker_process import Answer, Worker

TYPICAL_CALLS = 5
"""To learn how many calls make a block; the first ones are cold, and their median is not."""


@dataclass(frozen=True)
class FirstMeeting:
    """What every worker showed when it was there for the first time. typical_s: None where the baseline failed."""

    examined: dict[str, Examined]
    typical_s: float | None


class ExclusiveWorkers:
    """The stage of a pool whose workers do not fit beside each other. A worker that failed is not hired again."""

    def __init__(self, pool: WorkerPool, ready: Ready) -> None:
        self._pool = pool
        self._ready = ready

    @contextmanager
    def running(self, name: str, scenario: str) -> Iterator[ExclusiveWorker | None]:
        """Worker `name`, loaded and with its first call of `scenario` behind it; None where it failed on the way.

        It has ended when the block is left, so that the next finds the memory free.
        """
        with self._spawned(name, ColdStart()) as worker:
            alive = worker.alive and first_call(self._pool, worker, scenario, ColdStart()) is not None
            if alive:
                begin_steady(self._pool, worker)
            yield ExclusiveWorker(self._pool, worker, scenario) if worker.alive else None

    def meet(self, scenario: str) -> FirstMeeting:
        """Every worker once, one after the other, the baseline first: cold figures, and outputs compared with its own.

        Returns what that showed of each worker that came so far, and what a call of the baseline takes.
        """
        examined: dict[str, Examined] = {}
        typical_s = None
        for name in sorted(self._pool.workers, key=lambda name: name != BASELINE):
            if not self._pool.workers[name].alive:
                continue
            cold = self._ready.cold_start[name]
            with self._spawned(name, cold) as worker:
                found = bind_one(self._pool, worker, scenario, cold) if worker.alive else None
                if found is not None:
                    examined[name] = found
                if found is not None and worker.alive and name == BASELINE:
                    turn = self._pool.turn(name, scenario, 0, TYPICAL_CALLS)
                    typical_s = statistics.median(turn.wall_ns) / 1e9 if turn is not None else None
        forget_outputs(self._pool, scenario)
        return FirstMeeting(examined, typical_s)

    @contextmanager
    def _spawned(self, name: str, cold: ColdStart) -> Iterator[Worker]:
        pool, ready = self._pool, self._ready
        worker = pool.replace(name)
        try:
            pool.initialise([worker])
            variant = ready.variants[name]
            open_models(pool, [worker], ready)
            first_time = cold.load_s is None
            kept = cold if first_time else ColdStart()
            load(pool, worker, variant, ready.files, ready.facts, kept)
            yield worker
        finally:
            pool.stop([worker])


class ExclusiveWorker:
    """One worker while it is alone."""

    def __init__(self, pool: WorkerPool, worker: Worker, scenario: str) -> None:
        self._pool = pool
        self._worker = worker
        self._scenario = scenario

    def turn(self, start: int, count: int) -> Turn | None:
        """`count` calls from input number `start`; None where the worker failed."""
        return self._pool.turn(self._worker.name, self._scenario, start, count)

    def memory(self) -> Answer | None:
        """What it took until now, as a whole."""
        answer = self._pool.ask(self._worker, "reading memory", "memory")
        return None if answer is None else self._pool.memory_attribution.device_level(self._worker.name, answer)

    def fallback(self) -> str | None:
        """What it is instead of what its name says, after one more call that is watched; None where it is on."""
        said = self._pool.ask(self._worker, "asking for its proof", "proof", scenario=self._scenario)
        return None if said is None else said["fallback"]
