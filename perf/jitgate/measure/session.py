"""One measurement per session and workload/scenario, however many tests ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from jitgate.device.card_health import CardHealth
from jitgate.device.device_memory import DeviceMemory
from jitgate.device.health import AllOf, HostLoad
from jitgate.device.reading import Missing, Reading
from jitgate.measure import execution
from jitgate.measure.extras import Extras, KnownPeakRates
from jitgate.measure.overcommit import Overcommit
from jitgate.measure.rounds import Rounds, Undecided
from jitgate.measure.settings import SMOKE_NOTE, MeasureTask, RunSettings
from jitgate.measure.utterance import utterance_of
from jitgate.model.errors import StoppedError, UsageError
from jitgate.model.figures import unseen_shapes
from jitgate.model.measurement import Measurement, merged
from jitgate.model.samples import Samples
from jitgate.model.tolerance import tolerance
from jitgate.model.variant import CONTROL
from jitgate.pool.compile_history import recall_compile_times
from jitgate.pool.examination import Examined, doubts_of
from jitgate.pool.interrupt import INTERRUPTS
from jitgate.pool.memory_attribution import DeviceMemoryAttribution
from jitgate.pool.memory_estimator import MemoryRecords
from jitgate.pool.pool import WorkerPool
from jitgate.pool.prepare import Ready, make_ready
from jitgate.pool.residency import Residency
from jitgate.pool.residency_planner import ResidencyPlanner


class Measurements:
    """Measures on first demand. Only the pool of the workload in hand is alive; another workload ends it.

    With several processes, or in batches, the first demand measures every scenario of the workload in each set of
    workers, since starting them anew for each scenario would cost more than the rounds.
    """

    def __init__(self, tasks: Mapping[str, MeasureTask], settings: RunSettings, undecided: Undecided) -> None:
        self._tasks = tasks
        self._settings = settings
        self._undecided = undecided
        self._pool: WorkerPool | None = None
        self._ready: Ready | None = None
        self._staging: execution.Execution | None = None
        self._drawn: dict[tuple[str, str], execution.Readings] = {}
        self._before: Reading[DeviceMemory] = Missing("not read yet")
        self._runs: dict[str, Rounds] = {}
        self._residency_notes: dict[str, str | None] = {}
        self._extras: dict[str, Extras] = {}
        self._ceilings: KnownPeakRates = {}
        self._stages: dict[tuple[str, str], list[Measurement]] = {}
        self._stopped: dict[tuple[str, str], StoppedError] = {}
        self.done: dict[tuple[str, str], Measurement] = {}

    def get(self, workload: str, scenario: str) -> Measurement:
        """The measurement of `scenario`, made now if there is none yet; StoppedError where a test of it was stopped."""
        if (workload, scenario) not in self.done:
            if (workload, scenario) in self._stopped:
                raise self._stopped[workload, scenario]
            with self._abandoned_if_stopped(workload, scenario):
                self._measure_first(workload, scenario)
        return self.done[workload, scenario]

    def _measure_first(self, workload: str, scenario: str) -> None:
        every = 1 if self._settings.smoke else self._settings.processes
        for number in range(every):
            if every > 1:
                self.close()
                self._settings.progress.note(f"{workload}: processes {number + 1} of {every}")
            batches = self._open(workload)
            for batch in batches:
                self.close()
                self._drawn.clear()  # nothing was read of this batch's workers yet
                self._settings.progress.note(f"{workload}: in batches, now {', '.join(batch)}")
                self._open(workload, batch)
                self._measure_each(workload)
            if every > 1 and not batches:
                self._measure_each(workload)
            elif not batches:
                self._measure(workload, scenario)

    @contextmanager
    def _abandoned_if_stopped(self, workload: str, scenario: str) -> Iterator[None]:
        """End the workers where something stops the test from outside, as pytest-timeout does.

        They may be in the middle of an answer, which the next request must not get. A scenario without a result is not
        tried again: every test of it says what stopped it.
        """
        try:
            yield
        except UsageError:
            raise
        except BaseException as stop:
            reason = str(stop).rstrip(". ") or type(stop).__name__
            sentence = f"{workload} {scenario} was not measured: a test of it was stopped ({reason})"
            self._stopped[workload, scenario] = StoppedError(sentence)
            self.close()
            raise

    def more(self, workload: str, scenario: str, undecided: Undecided) -> Measurement:
        """Rounds until nobody is undecided, as far as the budget goes and the workers are still there.

        With several processes there are none: only more processes would help. Nor are there in batches, of which the
        last one is there.
        """
        pool = self._pool
        alive = pool is not None and pool.workload.name == workload and scenario in self._runs
        one_set = alive and len(self._stages[workload, scenario]) == 1
        if one_set and not self._runs[scenario].over(self._budget_s(workload, scenario)):
            with self._abandoned_if_stopped(workload, scenario):
                self._run(workload, scenario, undecided)
        return self.done[workload, scenario]

    def close(self) -> None:
        """End every worker."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            pool.close()
            for (workload, _), measurement in self.done.items():
                if workload == pool.workload.name:
                    self._settings.on_close(measurement)
        self._runs.clear()
        self._extras.clear()

    def _open(self, workload: str, batch: Sequence[str] = ()) -> tuple[tuple[str, ...], ...]:
        """Workers that can take turns, all or those of a batch; or none yet, and the batches in which they fit."""
        if self._pool is not None and self._pool.workload.name == workload:
            return ()
        self.close()
        task = self._tasks[workload]
        settings = self._settings
        settings.claim()
        self._before = settings.room.read()
        memory_attribution = DeviceMemoryAttribution(settings.room if settings.card_uuid else None)
        pool = self._pool = WorkerPool(
            task.workload,
            settings.device,
            settings.progress,
            settings.timeout_s,
            settings.enforced_bytes,
            memory_attribution,
        )
        memory_records = MemoryRecords(settings.cache.beside("memory_records"))
        # A batch was found to fit; what was learned meanwhile of its workers does not split it again.
        wish = Residency.CONCURRENT if batch else settings.residency
        planner = ResidencyPlanner(
            wish, settings.room, memory_records, settings.memory_limit_bytes, task.reference_variants | {CONTROL}
        )
        variants = [variant for variant in task.variants if not batch or variant.name in batch]
        ready = self._ready = make_ready(
            pool, variants, task.scenarios, settings.cache, settings.progress, planner, control=not settings.smoke
        )
        if ready.residency_plan.batches:
            self._residency_notes[workload] = ready.residency_plan.note
            return ready.residency_plan.batches
        parts = (pool, ready, settings.progress, settings.meter)
        if pool.alone:
            self._staging = execution.Sequential(*parts)
        else:
            self._staging = execution.Concurrent(*parts, warm_up=not settings.smoke)
        return ()

    def _names(self, workload: str) -> list[str]:
        return [variant.name for variant in self._tasks[workload].variants]

    def _measure_each(self, workload: str) -> None:
        for each in self._tasks[workload].scenarios:
            self._measure(workload, each)

    def _measure(self, workload: str, scenario: str) -> None:
        pool, ready, way = self._pool, self._ready, self._staging
        assert pool and ready and way, "opened just before"  # noqa: S101, PT018 - for the type checker
        stages = self._stages.setdefault((workload, scenario), [])
        examined = way.bind(scenario)
        recall_compile_times(ready, scenario, self._settings.cache.beside("compilations"))
        started = way.started(scenario)
        task = self._tasks[workload]
        precision = {variant.name: variant.roughest for variant in task.variants}
        all_samples = {
            name: Samples(
                name,
                (),
                (),
                (),
                ready.cold_start[name],
                precision=precision.get(name, "fp32"),
                accuracy=found.accuracy,
                tolerance=tolerance(precision.get(name, "fp32"), task.workload.tolerance),
                fallback=found.fallback,
                warm_up_recompiles=found.recompiles,
                failure=worker.failure,
                warm_s=started[name].calls_s if name in started else (),
                unseen_shapes=unseen_shapes(started[name].lengths if name in started else {}),
            )
            for name, worker in pool.workers.items()
            for found in [examined.get(name, Examined())]
        }
        card = CardHealth(self._settings.card_uuid, pool.pids) if self._settings.card_uuid else None
        said = [
            self._residency_notes.get(workload) or ready.residency_plan.note,
            card.missing if card is not None else None,
            *pool.notes,
            *doubts_of(examined),
            SMOKE_NOTE if self._settings.smoke else None,
        ]
        notes = (*pool.workload.notes, *ready.notes, *filter(None, said))
        # Another order of turns in every set of processes, and all of them from the one seed.
        blank = Measurement(
            workload,
            scenario,
            self._settings.device,
            self._settings.seed + len(stages),
            all_samples,
            residency=way.residency,
            notes=notes,
            utterance=utterance_of(pool, scenario, ready),
        )
        stages.append(blank)
        self.done[workload, scenario] = merged(stages, self._names(workload))
        if not self._settings.smoke and any(worker.alive for worker in pool.workers.values()):
            health = AllOf([HostLoad(pool.pids), *([] if card is None else [card])])
            # On a CPU nobody lends memory: what does not fit is swapped or killed, and the system's load shows it.
            overcommit = (
                Overcommit(self._settings.room, self._before, pool.memory_attribution.outside_bytes) if card else None
            )
            has_references = len(self._tasks[workload].reference_variants) > 1
            watch = execution.Watch(health, overcommit, self._settings.include_noisy, has_references)
            with INTERRUPTS.held():
                self._runs[scenario] = way.rounds(blank, watch)
            self._run(workload, scenario, self._undecided)

    def _budget_s(self, workload: str, scenario: str) -> float:
        """Of one set of processes. Each batch has one of its own."""
        wish = self._settings.budget_s
        all_samples = len(self._stages[workload, scenario][-1].all_samples)
        whole = self._tasks[workload].workload.budget_s(scenario, all_samples) if wish is None else wish
        return whole / self._settings.processes

    def _run(self, workload: str, scenario: str, undecided: Undecided) -> None:
        run, stages = self._runs[scenario], self._stages[workload, scenario]
        with INTERRUPTS.held():
            try:
                run.run(undecided, self._budget_s(workload, scenario))
            finally:
                # Also on Ctrl-C: what was measured is kept.
                stages[-1] = run.measurement()
                self.done[workload, scenario] = merged(stages, self._names(workload))
        stages[-1] = self._with_readings(stages[-1])
        self.done[workload, scenario] = merged(stages, self._names(workload))

    def _with_readings(self, measurement: Measurement) -> Measurement:
        """Memory, draw and proof of every worker, and what was learned of its footprint kept for the next run."""
        pool, ready, way = self._pool, self._ready, self._staging
        assert pool and ready and way, "rounds have just been run"  # noqa: S101, PT018 - for the type checker
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
        if self._settings.extras and scenario not in self._extras and not measurement.overcommitted:
            ahead = [name for name in self._tasks[measurement.workload].scenarios if name not in self._extras]
            self._extras[scenario] = way.extras(measurement, self._ceilings, ahead)
        extras = self._extras.get(scenario, Extras())
        if ready.estimator is not None:
            for name, need in {**memory, **extras.needs}.items():
                ready.estimator.learn(ready.variants[name], scenario, need)
        all_samples = {
            name: replace(
                samples,
                memory=memory.get(name, samples.memory),
                power=draw.get(name, samples.power),
                fallback=samples.fallback or off.get(name),
                failure=pool.workers[name].failure,
            )
            for name, samples in measurement.all_samples.items()
        }
        whole = replace(measurement, all_samples=all_samples, notes=measurement.notes + way.notes(scenario))
        return extras.added_to(whole)

    def _draw(self, measurement: Measurement) -> Mapping[str, Mapping[str, Any]]:
        """Once a scenario, whatever rounds are added; where the device tells nothing, nobody works for it."""
        key = (measurement.workload, measurement.scenario)
        why = self._settings.meter.missing
        if why is not None:
            return {name: {"missing": why} for name in measurement.all_samples}
        if key not in self._drawn and self._staging is not None and not measurement.overcommitted:
            self._settings.progress.busy(f"{' '.join(key)}: reading what it draws")
            self._drawn[key] = self._staging.power(key[1], lambda name: measurement.all_samples[name].median_s)
        return self._drawn.get(key, {})
