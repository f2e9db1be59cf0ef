"""The two execution modes of a pool's workers: all resident at once, or one at a time."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from jitgate.device.health import Health
from jitgate.device.power import Meter
from jitgate.measure.blocks import WARM_UP_CALLS, BlockTeam, calls_in_a_block
from jitgate.measure.extras import Extras, KnownPeakRates, measure_ceiling, measure_extras
from jitgate.measure.order import Mirrored
from jitgate.measure.overcommit import Overcommit
from jitgate.measure.power import power_of
from jitgate.measure.rounds import Rounds
from jitgate.measure.unproven import try_others
from jitgate.model.failure import Failure
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.power_reading import PowerReading
from jitgate.model.requests import ReadMemory
from jitgate.model.turn import Turn
from jitgate.model.variant import BASELINE, is_variant
from jitgate.pool.binding import Checked, FirstCalls, bind, fallbacks
from jitgate.pool.pool import WorkerPool
from jitgate.pool.progress import Progress
from jitgate.pool.ready import Ready
from jitgate.pool.sequential import ExclusiveWorkers, ResidentWorker


@dataclass(frozen=True)
class Watch:
    """What is watched while rounds run. overcommit: None where no driver lends memory, as on a CPU.

    has_references: whether a gate compares with another variant than the baseline. keep: called with what there is
    after every round.
    """

    health: Health
    overcommit: Overcommit | None
    include_noisy: bool
    has_references: bool
    keep: Callable[[Measurement], object]


class PoolTeam:
    """The workers of a pool, as rounds need them."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    def names(self) -> list[str]:
        return [name for name, worker in self._pool.workers.items() if worker.alive]

    def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
        return self._pool.turn(name, scenario, start, count)

    def failure(self, name: str) -> Failure | None:
        return self._pool.workers[name].failure


class ExecutionMode:
    """How scenarios are measured with a pool, one after the other. residency: what the record calls it."""

    residency: ClassVar[str]

    def __init__(self, pool: WorkerPool, ready: Ready, progress: Progress, meter: Meter) -> None:
        self._pool, self._ready, self._progress, self._meter = pool, ready, progress, meter

    def bind(self, scenario: str) -> dict[str, Checked]:
        """Fill the cold starts; what the first calls showed of each worker."""
        raise NotImplementedError

    def first_calls(self, scenario: str) -> Mapping[str, FirstCalls]:  # noqa: ARG002 - for workers that stay
        """How each worker became steady in it, where workers stay long enough for that to be followed."""
        return {}

    def extras(self, measurement: Measurement, known: KnownPeakRates, ahead: Collection[str]) -> Extras:  # noqa: ARG002
        """Secondary figures, once the rounds are over; see `measure_extras`. None where no worker is there to ask."""
        return Extras()

    def ceiling(self, measurement: Measurement, known: KnownPeakRates) -> Extras:
        """What tells a computed answer from a stored one where outputs don't; empty where eager is not there."""
        threads = None if self._ready.facts is None else self._ready.facts.threads
        return measure_ceiling(self._pool, measurement, known, threads=threads, look_up=True)

    def try_others(self, measurement: Measurement) -> None:
        """See `try_others`; where those that are timed stay the same, and eager takes others."""
        raise NotImplementedError

    def rounds(self, blank: Measurement, watch: Watch) -> Rounds:
        """Ready to run: warm, and with the calls of each turn chosen."""
        raise NotImplementedError

    def memory(self, scenario: str) -> Mapping[str, MemoryPeaks]:
        """What each worker took, once rounds have been run."""
        raise NotImplementedError

    def fallbacks(self, scenario: str) -> dict[str, str]:
        """Worker -> what ran instead of its variant, of those that fell back, once rounds have been run."""
        raise NotImplementedError

    def notes(self, scenario: str) -> tuple[str, ...]:  # noqa: ARG002 - the rounds have notes of their own
        """What a reader must know of how workers took their turns, once rounds have been run."""
        return ()

    def power(self, scenario: str, median_s: Callable[[str], float | None]) -> dict[str, PowerReading]:
        """What each worker makes the device draw; median_s: worker -> a steady call's duration."""
        calls_s = {name: median_s(name) for name in PoolTeam(self._pool).names() if is_variant(name)}
        found = {name: self._drawn(name, scenario, call_s) for name, call_s in calls_s.items() if call_s is not None}
        return {name: reading for name, reading in found.items() if reading is not None}

    def _drawn(self, name: str, scenario: str, call_s: float) -> PowerReading | None:
        """What one worker makes the device draw; None where it has failed."""
        raise NotImplementedError


class Concurrent(ExecutionMode):
    """Every worker is resident from the first round to the last."""

    residency = "concurrent"

    def __init__(
        self, pool: WorkerPool, ready: Ready, progress: Progress, meter: Meter, *, warm_up: bool = True
    ) -> None:
        super().__init__(pool, ready, progress, meter)
        self._warm_up = warm_up
        self._first_calls: dict[str, dict[str, FirstCalls]] = {}
        self._memory: dict[str, dict[str, MemoryPeaks]] = {}

    def bind(self, scenario: str) -> dict[str, Checked]:
        first_calls = self._first_calls.setdefault(scenario, {}) if self._warm_up else None
        return bind(self._pool, scenario, self._ready.cold_start, first_calls)

    def first_calls(self, scenario: str) -> Mapping[str, FirstCalls]:
        return self._first_calls.get(scenario, {})

    def extras(self, measurement: Measurement, known: KnownPeakRates, ahead: Collection[str]) -> Extras:
        threads = None if self._ready.facts is None else self._ready.facts.threads
        found = measure_extras(self._pool, measurement, known, threads=threads, ahead=ahead)
        if self._pool.device != "cpu":  # a card that is full reports an error, and no process is killed for it
            return found
        needs = self._pool.ask_each(self._pool.workers.values(), "reading memory", ReadMemory())
        return replace(found, needs={worker.name: answer for worker, answer in needs.items()})

    def rounds(self, blank: Measurement, watch: Watch) -> Rounds:
        inputs, first = calls_of(self._ready, blank.scenario), self.first_calls(blank.scenario)
        run = Rounds(
            PoolTeam(self._pool),
            blank,
            inputs,
            self._progress,
            watch.health,
            include_noisy=watch.include_noisy,
            overcommit=watch.overcommit,
            keep=watch.keep,
            fewer=not watch.has_references,
            early={name: each.calls_s for name, each in first.items()} if inputs == 1 else None,
        )
        run.warm_up(self._pool.warm_up_s)
        return run

    def memory(self, scenario: str) -> Mapping[str, MemoryPeaks]:
        """Read once: the secondary figures would show in it afterwards."""
        if scenario not in self._memory:
            found = self._pool.ask_each(self._pool.workers.values(), "reading memory", ReadMemory())
            level = self._pool.memory_attribution.device_level
            self._memory[scenario] = {worker.name: level(worker.name, peaks) for worker, peaks in found.items()}
        return self._memory[scenario]

    def fallbacks(self, scenario: str) -> dict[str, str]:
        return fallbacks(self._pool, scenario)

    def try_others(self, measurement: Measurement) -> None:
        scenario, call_s = measurement.scenario, measurement.all_samples[BASELINE].median_s

        def turn(name: str, start: int, count: int) -> None:
            self._pool.turn(name, scenario, start, count)

        try_others(self._pool.audit, PoolTeam(self._pool).names(), call_s, turn)

    def _drawn(self, name: str, scenario: str, call_s: float) -> PowerReading:
        return power_of(self._meter, functools.partial(self._pool.turn, name, scenario, 0), call_s)


class Sequential(ExecutionMode):
    """One worker at a time: a turn is a block, in a process of its own."""

    residency = "exclusive"

    def __init__(self, pool: WorkerPool, ready: Ready, progress: Progress, meter: Meter) -> None:
        super().__init__(pool, ready, progress, meter)
        self._exclusive = ExclusiveWorkers(pool, ready)
        self._teams: dict[str, BlockTeam] = {}
        self._typical_s: dict[str, float | None] = {}

    def bind(self, scenario: str) -> dict[str, Checked]:
        self._progress.busy(f"{self._pool.workload.name} {scenario}: every worker once, alone")
        self._pool.quiet = False
        first = self._exclusive.first_run(scenario)
        self._pool.quiet = True  # the same steps follow in every block: from here on the progress is that of the rounds
        self._typical_s[scenario] = first.typical_s
        return first.checked

    def rounds(self, blank: Measurement, watch: Watch) -> Rounds:
        alive = PoolTeam(self._pool)
        inputs = calls_of(self._ready, blank.scenario)
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
            keep=watch.keep,
            block=calls_in_a_block(typical_s),
        )

    def ceiling(self, measurement: Measurement, known: KnownPeakRates) -> Extras:
        with self._exclusive.running(BASELINE, measurement.scenario) as worker:
            return Extras() if worker is None else super().ceiling(measurement, known)

    def try_others(self, measurement: Measurement) -> None:
        scenario, call_s = measurement.scenario, measurement.all_samples[BASELINE].median_s
        for name in PoolTeam(self._pool).names():
            with self._exclusive.running(name, scenario) as worker:
                if worker is not None:
                    worker.turn(0, WARM_UP_CALLS)
                    turns = functools.partial(_turn_of, worker)
                    try_others(self._pool.audit, [name], call_s, turns)

    def memory(self, scenario: str) -> Mapping[str, MemoryPeaks]:
        return self._teams[scenario].memory if scenario in self._teams else {}

    def fallbacks(self, scenario: str) -> dict[str, str]:
        return self._teams[scenario].fallbacks if scenario in self._teams else {}

    def notes(self, scenario: str) -> tuple[str, ...]:
        restless = self._teams[scenario].restless if scenario in self._teams else []
        return (f"In some blocks {', '.join(restless)} was not steady when timing began.",) if restless else ()

    def _drawn(self, name: str, scenario: str, call_s: float) -> PowerReading | None:
        with self._exclusive.running(name, scenario) as worker:
            return None if worker is None else power_of(self._meter, functools.partial(worker.turn, 0), call_s)


def _turn_of(worker: ResidentWorker, name: str, start: int, count: int) -> None:  # noqa: ARG001 - there is one
    worker.turn(start, count)


def calls_of(ready: Ready, scenario: str) -> int:
    """How many calls with inputs of their own a scenario has."""
    return 1 if ready.facts is None else ready.facts.calls[scenario]
