"""One measurement per session and workload/scenario, however many tests ask for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from jitgate.device.card_health import CardHealth
from jitgate.device.device_memory import DeviceMemory
from jitgate.device.health import HostLoad, Together
from jitgate.device.reading import Missing, Reading
from jitgate.engines.registry import CONTROL
from jitgate.measure import execution as staging
from jitgate.measure.extras import Beside, Ceilings
from jitgate.measure.overcommit import Overcommit
from jitgate.measure.rounds import Rounds, Undecided
from jitgate.measure.settings import Means, Task
from jitgate.measure.utterance import spoken
from jitgate.model.figures import new_lengths
from jitgate.model.measurement import Arm, Measurement, merged
from jitgate.model.tolerance import tolerance
from jitgate.pool.compile_history import recall
from jitgate.pool.examination import Examined, doubts_of
from jitgate.pool.interrupt import INTERRUPTS
from jitgate.pool.memory_attribution import Ledger
from jitgate.pool.memory_estimator import Footprints
from jitgate.pool.pool import Crew
from jitgate.pool.prepare import Ready, make_ready
from jitgate.pool.residency import Residency
from jitgate.pool.residency_planner import Seats


class Measurements:
    """Measures on first demand. Only the crew of the workload in hand is alive; another workload ends it.

    With several processes, or in parties, the first demand measures every scenario of the workload in each set of
    workers, since starting them anew for each scenario would cost more than the rounds.
    """

    def __init__(self, tasks: Mapping[str, Task], means: Means, undecided: Undecided) -> None:
        self._tasks = tasks
        self._means = means
        self._undecided = undecided
        self._crew: Crew | None = None
        self._ready: Ready | None = None
        self._staging: staging.Staging | None = None
        self._drawn: dict[tuple[str, str], staging.Readings] = {}
        self._before: Reading[DeviceMemory] = Missing("not read yet")
        self._runs: dict[str, Rounds] = {}
        self._seated: dict[str, str | None] = {}
        self._beside: dict[str, Beside] = {}
        self._ceilings: Ceilings = {}
        self._parts: dict[tuple[str, str], list[Measurement]] = {}
        self.done: dict[tuple[str, str], Measurement] = {}

    def get(self, workload: str, scenario: str) -> Measurement:
        """The measurement of `scenario`, made now if it has not been."""
        if (workload, scenario) not in self.done:
            every = self._means.processes
            for number in range(every):
                if every > 1:
                    self.close()
                    self._means.progress.note(f"{workload}: processes {number + 1} of {every}")
                parties = self._open(workload)
                for party in parties:
                    self.close()
                    self._drawn.clear()  # nothing was read of this party's workers yet
                    self._means.progress.note(f"{workload}: in parties, now {', '.join(party)}")
                    self._open(workload, party)
                    self._measure_each(workload)
                if every > 1 and not parties:
                    self._measure_each(workload)
                elif not parties:
                    self._measure(workload, scenario)
        return self.done[workload, scenario]

    def more(self, workload: str, scenario: str, undecided: Undecided) -> Measurement:
        """Rounds until nobody is undecided, as far as the budget goes and the workers are still there.

        With several processes there are none: only more processes would help. Nor are there in parties, of which the
        last one is there.
        """
        crew = self._crew
        alive = crew is not None and crew.workload.name == workload and scenario in self._runs
        one_set = alive and len(self._parts[workload, scenario]) == 1
        if one_set and not self._runs[scenario].over(self._budget_s(workload, scenario)):
            self._run(workload, scenario, undecided)
        return self.done[workload, scenario]

    def close(self) -> None:
        """End every worker."""
        if self._crew is not None:
            crew, self._crew = self._crew, None
            crew.close()
            for (workload, _), measurement in self.done.items():
                if workload == crew.workload.name:
                    self._means.on_close(measurement)
        self._runs.clear()
        self._beside.clear()

    def _open(self, workload: str, party: Sequence[str] = ()) -> tuple[tuple[str, ...], ...]:
        """Workers that can take turns, all or those of a party; or none yet, and the parties in which they fit."""
        if self._crew is not None and self._crew.workload.name == workload:
            return ()
        self.close()
        task = self._tasks[workload]
        means = self._means
        means.claim()
        self._before = means.room.read()
        ledger = Ledger(means.room if means.card_uuid else None)
        crew = self._crew = Crew(
            task.workload, means.device, means.progress, means.timeout_s, means.enforced_bytes, ledger
        )
        footprints = Footprints(means.cache.beside("footprints"))
        # A party was found to fit; what was learned meanwhile of its workers does not split it again.
        wish = Residency.TOGETHER if party else means.residency
        seats = Seats(wish, means.room, footprints, means.ceiling_bytes, task.anchors | {CONTROL})
        variants = [variant for variant in task.variants if not party or variant.name in party]
        ready = self._ready = make_ready(crew, variants, task.scenarios, means.cache, means.progress, seats)
        if ready.seating.parties:
            self._seated[workload] = ready.seating.note
            return ready.seating.parties
        way = staging.Alone if crew.alone else staging.Together
        self._staging = way(crew, ready, means.progress, means.meter)
        return ()

    def _names(self, workload: str) -> list[str]:
        return [variant.name for variant in self._tasks[workload].variants]

    def _measure_each(self, workload: str) -> None:
        for each in self._tasks[workload].scenarios:
            self._measure(workload, each)

    def _measure(self, workload: str, scenario: str) -> None:
        crew, ready, way = self._crew, self._ready, self._staging
        assert crew and ready and way, "opened just before"  # noqa: S101, PT018 - for the type checker
        parts = self._parts.setdefault((workload, scenario), [])
        examined = way.bind(scenario)
        recall(ready, scenario, self._means.cache.beside("compilations"))
        started = way.started(scenario)
        task = self._tasks[workload]
        precision = {variant.name: variant.roughest for variant in task.variants}
        arms = {
            name: Arm(
                name,
                (),
                (),
                (),
                ready.cold[name],
                precision=precision.get(name, "fp32"),
                parity=found.parity,
                tolerance=tolerance(precision.get(name, "fp32"), task.workload.tolerance),
                instead=found.instead,
                warm_rebuilds=found.rebuilds,
                failure=worker.failure,
                warm_s=started[name].calls_s if name in started else (),
                new_lengths=new_lengths(started[name].lengths if name in started else {}),
            )
            for name, worker in crew.workers.items()
            for found in [examined.get(name, Examined())]
        }
        card = CardHealth(self._means.card_uuid, crew.pids) if self._means.card_uuid else None
        said = [
            self._seated.get(workload) or ready.seating.note,
            card.missing if card is not None else None,
            *crew.notes,
            *doubts_of(examined),
        ]
        notes = (*crew.workload.notes, *ready.notes, *filter(None, said))
        # Another order of turns in every set of processes, and all of them from the one seed.
        blank = Measurement(
            workload,
            scenario,
            self._means.device,
            self._means.seed + len(parts),
            arms,
            residency=way.residency,
            notes=notes,
            spoken=spoken(crew, scenario, ready),
        )
        parts.append(blank)
        self.done[workload, scenario] = merged(parts, self._names(workload))
        if any(worker.alive for worker in crew.workers.values()):
            health = Together([HostLoad(crew.pids), *([] if card is None else [card])])
            # On a CPU nobody lends memory: what does not fit is swapped or killed, and the system's load shows it.
            overcommit = Overcommit(self._means.room, self._before, crew.ledger.outside_bytes) if card else None
            anchored = len(self._tasks[workload].anchors) > 1
            watch = staging.Watch(health, overcommit, self._means.keep_disturbed, anchored)
            with INTERRUPTS.held():
                self._runs[scenario] = way.rounds(blank, watch)
            self._run(workload, scenario, self._undecided)

    def _budget_s(self, workload: str, scenario: str) -> float:
        """Of one set of processes. Each party has one of its own."""
        wish = self._means.budget_s
        arms = len(self._parts[workload, scenario][-1].arms)
        whole = self._tasks[workload].workload.budget_s(scenario, arms) if wish is None else wish
        return whole / self._means.processes

    def _run(self, workload: str, scenario: str, undecided: Undecided) -> None:
        run, parts = self._runs[scenario], self._parts[workload, scenario]
        with INTERRUPTS.held():
            try:
                run.run(undecided, self._budget_s(workload, scenario))
            finally:
                # Also on Ctrl-C: what was measured is kept.
                parts[-1] = run.measurement()
                self.done[workload, scenario] = merged(parts, self._names(workload))
        parts[-1] = self._with_readings(parts[-1])
        self.done[workload, scenario] = merged(parts, self._names(workload))

    def _with_readings(self, measurement: Measurement) -> Measurement:
        """Memory, draw and proof of every worker, and what was learned of its footprint kept for the next run."""
        crew, ready, way = self._crew, self._ready, self._staging
        assert crew and ready and way, "rounds have just been run"  # noqa: S101, PT018 - for the type checker
        memory = {
            name: answer | {"weight_bytes": ready.weight_bytes}
            for name, answer in way.memory(measurement.scenario).items()
        }
        if measurement.overcommitted:  # a full card gains nothing more, whatever is put on it
            for answer in memory.values():
                answer["doubt"] = measurement.overcommitted
        draw = self._draw(measurement)
        off = way.off(measurement.scenario)
        scenario = measurement.scenario
        if self._means.beside and scenario not in self._beside and not measurement.overcommitted:
            ahead = [name for name in self._tasks[measurement.workload].scenarios if name not in self._beside]
            self._beside[scenario] = way.beside(measurement, self._ceilings, ahead)
        beside = self._beside.get(scenario, Beside())
        if ready.oracle is not None:
            for name, need in {**memory, **beside.needs}.items():
                ready.oracle.learn(ready.variants[name], scenario, need)
        arms = {
            name: replace(
                arm,
                memory=memory.get(name, arm.memory),
                draw=draw.get(name, arm.draw),
                instead=arm.instead or off.get(name),
                failure=crew.workers[name].failure,
            )
            for name, arm in measurement.arms.items()
        }
        whole = replace(measurement, arms=arms, notes=measurement.notes + way.notes(scenario))
        return beside.added_to(whole)

    def _draw(self, measurement: Measurement) -> Mapping[str, Mapping[str, Any]]:
        """Once a scenario, whatever rounds are added; where the device tells nothing, nobody works for it."""
        key = (measurement.workload, measurement.scenario)
        why = self._means.meter.missing
        if why is not None:
            return {name: {"missing": why} for name in measurement.arms}
        if key not in self._drawn and self._staging is not None and not measurement.overcommitted:
            self._means.progress.busy(f"{' '.join(key)}: reading what it draws")
            self._drawn[key] = self._staging.draw(key[1], lambda name: measurement.arms[name].median_s)
        return self._drawn.get(key, {})
