"""The two ways of bringing a pool's workers to their turns: all resident together, or one at a time."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from jitgate.device.health import Health
from jitgate.device.power import Meter
from jitgate.measure.blocks import BlockTeam, calls_in_a_block
from jitgate.measure.extras import Extras, KnownPeakRates, measure_extras
from jitgate.measure.order import Mirrored
from jitgate.measure.overcommit import Overcommit
from jitgate.measure.power import power_of
from jitgate.measure.rounds import Rounds
from jitgate.model.failure import Failure
from jitgate.model.measurement import Measurement
from jitgate.model.turn import Turn
from jitgate.model.variant import CONTROL
from jitgate.pool.binding import bind
from jitgate.pool.examination import Examined, examine_again
from jitgate.pool.pool import WorkerPool
from jitgate.pool.prepare import Ready
from jitgate.pool.progress import Progress
from jitgate.pool.sequential import ExclusiveWorkers
from jitgate.pool.warm_up import Started

Readings = dict[str, dict[str, Any]]
"""Worker -> what was read of it."""


@dataclass(frozen=True)
class Watch:
    """Who looks on while rounds run. overcommit: None where memory can't be lent by a driver, as on a CPU.

    has_references: whether a gate compares with another variant than the baseline.
    """

    health: Health
    overcommit: Overcommit | None
    include_noisy: bool
    has_references: bool


class Execution(Protocol):
    """How one scenario after the other is measured with a pool."""

    residency: str

    def bind(self, scenario: str) -> dict[str, Examined]:
        """ColdStart figures, and what the first calls showed of each worker."""
        ...

    def started(self, scenario: str) -> Mapping[str, Started]:
        """How each worker got going in it, where workers live long enough for that to be followed."""
        ...

    def extras(self, measurement: Measurement, known: KnownPeakRates, kept: Collection[str]) -> Extras:
        """What is measured beside the rounds, once they are over; see `measure_extras`."""
        ...

    def rounds(self, blank: Measurement, watch: Watch) -> Rounds:
        """Ready to run: warm, and with so many calls a turn as pay."""
        ...

    def memory(self, scenario: str) -> Readings:
        """What each worker took, once rounds have been run."""
        ...

    def off(self, scenario: str) -> dict[str, str]:
        """Worker -> what it is instead of what its name says, where it is not on, once rounds have been run."""
        ...

    def notes(self, scenario: str) -> tuple[str, ...]:
        """What a reader has to know of how workers took their turns, once rounds have been run."""
        ...

    def power(self, scenario: str, median_s: Callable[[str], float | None]) -> Readings:
        """What each worker makes the device draw; median_s: worker -> a steady call's duration."""
        ...


class PoolTeam:
    """The workers of a pool as rounds see them."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def names(self) -> list[str]:
        return [name for name, worker in self._pool.workers.items() if worker.alive]

    def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
        return self._pool.turn(name, scenario, start, count)

    def failure(self, name: str) -> Failure | None:
        return self._pool.workers[name].failure


class Concurrent:
    """Every worker process_runs from the first round to the last."""

    residency = "concurrent"

    def __init__(
        self, pool: WorkerPool, ready: Ready, progress: Progress, meter: Meter, *, warm_up: bool = True
    ) -> None:
        self._pool, self._ready, self._progress, self._meter = pool, ready, progress, meter
        self._warm_up = warm_up
        self._started: dict[str, dict[str, Started]] = {}
        self._memory: dict[str, Readings] = {}

    def bind(self, scenario: str) -> dict[str, Examined]:
        started = self._started.setdefault(scenario, {}) if self._warm_up else None
        return bind(self._pool, scenario, self._ready.cold_start, started)

    def started(self, scenario: str) -> Mapping[str, Started]:
        return self._started.get(scenario, {})

    def extras(self, measurement: Measurement, known: KnownPeakRates, kept: Collection[str]) -> Extras:
        found = measure_extras(self._pool, measurement, known, threads=self._ready.threads, kept=kept)
        if self._pool.device != "cpu":  # a card that is full says so, and nobody is killed for it
            return found
        needs = self._pool.ask_each(self._pool.workers.values(), "reading memory", "memory")
        return replace(found, needs={worker.name: answer for worker, answer in needs.items()})

    def rounds(self, blank: Measurement, watch: Watch) -> Rounds:
        inputs, started = self._ready.calls[blank.scenario], self.started(blank.scenario)
        run = Rounds(
            PoolTeam(self._pool),
            blank,
            inputs,
            self._progress,
            watch.health,
            include_noisy=watch.include_noisy,
            overcommit=watch.overcommit,
            fewer=not watch.has_references,
            early={name: each.calls_s for name, each in started.items()} if inputs == 1 else None,
        )
        run.warm_up()
        return run

    def memory(self, scenario: str) -> Readings:
        """Read once: what is measured beside the rounds would show in it afterwards."""
        if scenario not in self._memory:
            answers = self._pool.ask_each(self._pool.workers.values(), "reading memory", "memory")
            level = self._pool.memory_attribution.device_level
            self._memory[scenario] = {worker.name: level(worker.name, found) for worker, found in answers.items()}
        return {name: dict(found) for name, found in self._memory[scenario].items()}

    def off(self, scenario: str) -> dict[str, str]:
        return examine_again(self._pool, scenario)

    def notes(self, scenario: str) -> tuple[str, ...]:  # noqa: ARG002 - the rounds say themselves who was restless
        return ()

    def power(self, scenario: str, median_s: Callable[[str], float | None]) -> Readings:
        found = {}
        for name in _variants(self._pool):
            seconds = median_s(name)
            if seconds is not None:
                work = functools.partial(self._pool.turn, name, scenario, 0)
                found[name] = power_of(self._meter, work, seconds)
        return found


class Sequential:
    """One worker at a time: a turn is a block, a whole life."""

    residency = "exclusive"

    def __init__(self, pool: WorkerPool, ready: Ready, progress: Progress, meter: Meter) -> None:
        self._pool, self._ready, self._progress, self._meter = pool, ready, progress, meter
        self._exclusive = ExclusiveWorkers(pool, ready)
        self._teams: dict[str, BlockTeam] = {}
        self._typical_s: dict[str, float | None] = {}

    def bind(self, scenario: str) -> dict[str, Examined]:
        self._progress.busy(f"{self._pool.workload.name} {scenario}: every worker once, alone")
        self._pool.quiet = False
        meeting = self._exclusive.meet(scenario)
        self._pool.quiet = True  # from here on the same steps come again in every block: the rounds are the news
        self._typical_s[scenario] = meeting.typical_s
        return meeting.examined

    def started(self, scenario: str) -> Mapping[str, Started]:  # noqa: ARG002 - a block warms up before it counts
        return {}

    def extras(self, measurement: Measurement, known: KnownPeakRates, kept: Collection[str]) -> Extras:  # noqa: ARG002
        return Extras()  # nobody is resident who could be asked

    def rounds(self, blank: Measurement, watch: Watch) -> Rounds:
        alive = PoolTeam(self._pool)
        inputs = self._ready.calls[blank.scenario]
        typical_s = self._typical_s.get(blank.scenario)
        team = self._teams[blank.scenario] = BlockTeam(
            self._exclusive,
            alive.names,
            alive.failure,
            watch.health,
            same_inputs=inputs == 1,
            typical_s=None if watch.has_references else typical_s,
        )
        return Rounds(
            team,
            blank,
            inputs,
            self._progress,
            team,
            include_noisy=watch.include_noisy,
            order=Mirrored(blank.seed),
            overcommit=watch.overcommit,
            block=calls_in_a_block(typical_s),
        )

    def memory(self, scenario: str) -> Readings:
        team = self._teams.get(scenario)
        return {} if team is None else dict(team.memory)

    def off(self, scenario: str) -> dict[str, str]:
        team = self._teams.get(scenario)
        return {} if team is None else dict(team.off)

    def notes(self, scenario: str) -> tuple[str, ...]:
        restless = self._teams[scenario].restless if scenario in self._teams else []
        return (f"{', '.join(restless)} not steady when a block of theirs began",) if restless else ()

    def power(self, scenario: str, median_s: Callable[[str], float | None]) -> Readings:
        found = {}
        for name in _variants(self._pool):
            seconds = median_s(name)
            if seconds is None:
                continue
            with self._exclusive.running(name, scenario) as act:
                if act is not None:
                    found[name] = power_of(self._meter, functools.partial(act.turn, 0), seconds)
        return found


def _variants(pool: WorkerPool) -> list[str]:
    return [name for name in PoolTeam(pool).names() if name != CONTROL]
