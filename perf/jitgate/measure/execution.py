"""The two ways of bringing a crew's workers to their turns: all resident together, or one at a time."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from jitgate.device.health import Health
from jitgate.device.power import Meter
from jitgate.engines.registry import CONTROL
from jitgate.measure.blocks import BlockTeam, calls_in_a_block
from jitgate.measure.extras import Beside, Ceilings, measure_beside
from jitgate.measure.order import Mirrored
from jitgate.measure.overcommit import Overcommit
from jitgate.measure.power import draw_of
from jitgate.measure.rounds import Rounds
from jitgate.model.failure import Failure
from jitgate.model.measurement import Measurement
from jitgate.pool.binding import bind
from jitgate.pool.examination import Examined, examine_again
from jitgate.pool.exclusive import Solo
from jitgate.pool.pool import Crew, Progress, Turn
from jitgate.pool.prepare import Ready
from jitgate.pool.warm_up import Started

Readings = dict[str, dict[str, Any]]
"""Worker -> what was read of it."""


@dataclass(frozen=True)
class Watch:
    """Who looks on while rounds run. overcommit: None where memory can't be lent by a driver, as on a CPU.

    anchored: whether a gate compares with another variant than the baseline.
    """

    health: Health
    overcommit: Overcommit | None
    keep_disturbed: bool
    anchored: bool


class Staging(Protocol):
    """How one scenario after the other is measured with a crew."""

    residency: str

    def bind(self, scenario: str) -> dict[str, Examined]:
        """Cold figures, and what the first calls showed of each worker."""
        ...

    def started(self, scenario: str) -> Mapping[str, Started]:
        """How each worker got going in it, where workers live long enough for that to be followed."""
        ...

    def beside(self, measurement: Measurement, known: Ceilings, kept: Collection[str]) -> Beside:
        """What is measured beside the rounds, once they are over; see `measure_beside`."""
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

    def draw(self, scenario: str, median_s: Callable[[str], float | None]) -> Readings:
        """What each worker makes the device draw; median_s: worker -> a steady call's duration."""
        ...


class Crowd:
    """The workers of a crew as rounds see them."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew

    def names(self) -> list[str]:
        return [name for name, worker in self._crew.workers.items() if worker.alive]

    def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
        return self._crew.turn(name, scenario, start, count)

    def failure(self, name: str) -> Failure | None:
        return self._crew.workers[name].failure


class Together:
    """Every worker lives from the first round to the last."""

    residency = "together"

    def __init__(self, crew: Crew, ready: Ready, progress: Progress, meter: Meter) -> None:
        self._crew, self._ready, self._progress, self._meter = crew, ready, progress, meter
        self._started: dict[str, dict[str, Started]] = {}
        self._memory: dict[str, Readings] = {}

    def bind(self, scenario: str) -> dict[str, Examined]:
        return bind(self._crew, scenario, self._ready.cold, self._started.setdefault(scenario, {}))

    def started(self, scenario: str) -> Mapping[str, Started]:
        return self._started.get(scenario, {})

    def beside(self, measurement: Measurement, known: Ceilings, kept: Collection[str]) -> Beside:
        found = measure_beside(self._crew, measurement, known, threads=self._ready.threads, kept=kept)
        if self._crew.device != "cpu":  # a card that is full says so, and nobody is killed for it
            return found
        needs = self._crew.ask_each(self._crew.workers.values(), "reading memory", "memory")
        return replace(found, needs={worker.name: answer for worker, answer in needs.items()})

    def rounds(self, blank: Measurement, watch: Watch) -> Rounds:
        inputs, started = self._ready.calls[blank.scenario], self.started(blank.scenario)
        run = Rounds(
            Crowd(self._crew),
            blank,
            inputs,
            self._progress,
            watch.health,
            keep_disturbed=watch.keep_disturbed,
            overcommit=watch.overcommit,
            fewer=not watch.anchored,
            early={name: each.calls_s for name, each in started.items()} if inputs == 1 else None,
        )
        run.warm_up()
        return run

    def memory(self, scenario: str) -> Readings:
        """Read once: what is measured beside the rounds would show in it afterwards."""
        if scenario not in self._memory:
            answers = self._crew.ask_each(self._crew.workers.values(), "reading memory", "memory")
            level = self._crew.ledger.device_level
            self._memory[scenario] = {worker.name: level(worker.name, found) for worker, found in answers.items()}
        return {name: dict(found) for name, found in self._memory[scenario].items()}

    def off(self, scenario: str) -> dict[str, str]:
        return examine_again(self._crew, scenario)

    def notes(self, scenario: str) -> tuple[str, ...]:  # noqa: ARG002 - the rounds say themselves who was restless
        return ()

    def draw(self, scenario: str, median_s: Callable[[str], float | None]) -> Readings:
        found = {}
        for name in _variants(self._crew):
            seconds = median_s(name)
            if seconds is not None:
                work = functools.partial(self._crew.turn, name, scenario, 0)
                found[name] = draw_of(self._meter, work, seconds)
        return found


class Alone:
    """One worker at a time: a turn is a block, a whole life."""

    residency = "alone"

    def __init__(self, crew: Crew, ready: Ready, progress: Progress, meter: Meter) -> None:
        self._crew, self._ready, self._progress, self._meter = crew, ready, progress, meter
        self._solo = Solo(crew, ready)
        self._teams: dict[str, BlockTeam] = {}
        self._typical_s: dict[str, float | None] = {}

    def bind(self, scenario: str) -> dict[str, Examined]:
        self._progress.busy(f"{self._crew.workload.name} {scenario}: every worker once, alone")
        self._crew.quiet = False
        meeting = self._solo.meet(scenario)
        self._crew.quiet = True  # from here on the same steps come again in every block: the rounds are the news
        self._typical_s[scenario] = meeting.typical_s
        return meeting.examined

    def started(self, scenario: str) -> Mapping[str, Started]:  # noqa: ARG002 - a block warms up before it counts
        return {}

    def beside(self, measurement: Measurement, known: Ceilings, kept: Collection[str]) -> Beside:  # noqa: ARG002
        return Beside()  # nobody is resident who could be asked

    def rounds(self, blank: Measurement, watch: Watch) -> Rounds:
        crowd = Crowd(self._crew)
        inputs = self._ready.calls[blank.scenario]
        typical_s = self._typical_s.get(blank.scenario)
        team = self._teams[blank.scenario] = BlockTeam(
            self._solo,
            crowd.names,
            crowd.failure,
            watch.health,
            same_inputs=inputs == 1,
            typical_s=None if watch.anchored else typical_s,
        )
        return Rounds(
            team,
            blank,
            inputs,
            self._progress,
            team,
            keep_disturbed=watch.keep_disturbed,
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

    def draw(self, scenario: str, median_s: Callable[[str], float | None]) -> Readings:
        found = {}
        for name in _variants(self._crew):
            seconds = median_s(name)
            if seconds is None:
                continue
            with self._solo.on_stage(name, scenario) as act:
                if act is not None:
                    found[name] = draw_of(self._meter, functools.partial(act.turn, 0), seconds)
        return found


def _variants(crew: Crew) -> list[str]:
    return [name for name in Crowd(crew).names() if name != CONTROL]
