"""Workers that live one at a time: hired, loaded, given a scenario, and ended when their block is over."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jitgate.engines.registry import BASELINE
from jitgate.model.cold_start import Cold
from jitgate.pool.binding import begin_steady, bind_one, first_call, forget_outputs
from jitgate.pool.examination import Examined
from jitgate.pool.pool import Crew, Turn
from jitgate.pool.prepare import Ready, load, open_models
from jitgate.pool.worker_process import Answer, Worker

TYPICAL_CALLS = 5
"""To learn how many calls make a block; the first ones are cold, and their median is not."""


@dataclass(frozen=True)
class Meeting:
    """What every worker showed when it was there for the first time. typical_s: None where the baseline failed."""

    examined: dict[str, Examined]
    typical_s: float | None


class Solo:
    """The stage of a crew whose workers do not fit beside each other. A worker that failed is not hired again."""

    def __init__(self, crew: Crew, ready: Ready) -> None:
        self._crew = crew
        self._ready = ready

    @contextmanager
    def on_stage(self, name: str, scenario: str) -> Iterator[Act | None]:
        """Worker `name`, loaded and with its first call of `scenario` behind it; None where it failed on the way.

        It has ended when the block is left, so that the next finds the memory free.
        """
        with self._hired(name, Cold()) as worker:
            alive = worker.alive and first_call(self._crew, worker, scenario, Cold()) is not None
            if alive:
                begin_steady(self._crew, worker)
            yield Act(self._crew, worker, scenario) if worker.alive else None

    def meet(self, scenario: str) -> Meeting:
        """Every worker once, one after the other, the baseline first: cold figures, and outputs compared with its own.

        Returns what that showed of each worker that came so far, and what a call of the baseline takes.
        """
        examined: dict[str, Examined] = {}
        typical_s = None
        for name in sorted(self._crew.workers, key=lambda name: name != BASELINE):
            if not self._crew.workers[name].alive:
                continue
            cold = self._ready.cold[name]
            with self._hired(name, cold) as worker:
                found = bind_one(self._crew, worker, scenario, cold) if worker.alive else None
                if found is not None:
                    examined[name] = found
                if found is not None and worker.alive and name == BASELINE:
                    turn = self._crew.turn(name, scenario, 0, TYPICAL_CALLS)
                    typical_s = statistics.median(turn.wall_ns) / 1e9 if turn is not None else None
        forget_outputs(self._crew, scenario)
        return Meeting(examined, typical_s)

    @contextmanager
    def _hired(self, name: str, cold: Cold) -> Iterator[Worker]:
        crew, ready = self._crew, self._ready
        worker = crew.replace(name)
        try:
            crew.wake([worker])
            variant = ready.variants[name]
            open_models(crew, [worker], ready)
            first_time = cold.load_s is None
            kept = cold if first_time else Cold()
            load(crew, worker, variant, ready.files, ready.facts, kept)
            yield worker
        finally:
            crew.dismiss([worker])


class Act:
    """One worker while it is alone."""

    def __init__(self, crew: Crew, worker: Worker, scenario: str) -> None:
        self._crew = crew
        self._worker = worker
        self._scenario = scenario

    def turn(self, start: int, count: int) -> Turn | None:
        """`count` calls from input number `start`; None where the worker failed."""
        return self._crew.turn(self._worker.name, self._scenario, start, count)

    def memory(self) -> Answer | None:
        """What it took until now, as a whole."""
        answer = self._crew.ask(self._worker, "reading memory", "memory")
        return None if answer is None else self._crew.ledger.device_level(self._worker.name, answer)

    def instead(self) -> str | None:
        """What it is instead of what its name says, after one more call that is watched; None where it is on."""
        said = self._crew.ask(self._worker, "asking for its proof", "proof", scenario=self._scenario)
        return None if said is None else said["instead"]
