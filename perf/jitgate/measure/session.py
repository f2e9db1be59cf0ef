"""One measurement per session and workload/scenario, however many tests ask for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

from jitgate.device.card_health import CardHealth
from jitgate.device.device_memory import DeviceMemory
from jitgate.device.reading import Missing, Reading
from jitgate.measure import execution
from jitgate.measure.audited import audited, notes_on_eager
from jitgate.measure.blank_samples import blank_samples
from jitgate.measure.extras import Extras, KnownPeakRates
from jitgate.measure.rounds import Rounds, Undecided
from jitgate.measure.secondary import secondary
from jitgate.measure.settings import SMOKE_NOTE, MeasureTask, RunSettings
from jitgate.measure.stopping_error import stopped_by
from jitgate.measure.watching import watch_of
from jitgate.model.errors import StoppedError, UsageError
from jitgate.model.measurement import Measurement, merged
from jitgate.model.power_reading import PowerReading
from jitgate.model.variant import CONTROL
from jitgate.pool.binding import warnings_of
from jitgate.pool.compile_history import recall_compile_times
from jitgate.pool.interrupt import INTERRUPTS
from jitgate.pool.memory_attribution import DeviceMemoryAttribution
from jitgate.pool.memory_estimator import MemoryRecords
from jitgate.pool.pool import WorkerPool
from jitgate.pool.prepare import make_ready
from jitgate.pool.ready import Ready
from jitgate.pool.residency import Residency, ResidencyPlanner
from jitgate.pool.stages import utterance_of


class Measurements:
    """Measures on first demand. Only one pool is alive; the next workload ends it.

    With several processes, or in batches, the first demand measures every scenario of the workload in each set of
    workers, since starting them again for each scenario would cost more than the rounds.
    """

    def __init__(self, tasks: Mapping[str, MeasureTask], settings: RunSettings, undecided: Undecided) -> None:
        self.tasks = tasks
        self.settings = settings
        self._undecided = undecided
        self._pool: WorkerPool | None = None
        self._ready: Ready | None = None
        self._mode: execution.ExecutionMode | None = None
        self._drawn: dict[tuple[str, str], dict[str, PowerReading]] = {}
        self._before: Reading[DeviceMemory] = Missing("not read yet")
        self._runs: dict[str, Rounds] = {}
        self._residency_notes: dict[str, str | None] = {}
        self._extras: dict[str, Extras] = {}
        self._peak_rates: KnownPeakRates = {}
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
        every = 1 if self.settings.smoke else self.settings.processes
        for number in range(every):
            if every > 1:
                self.close()
                self.settings.progress.note(f"{workload}: processes {number + 1} of {every}")
            batches = self._open(workload)
            for batch in batches:
                self.close()
                self._drawn.clear()  # nothing was read of this batch's workers yet
                self.settings.progress.note(f"{workload}: in batches, now {', '.join(batch)}")
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
            self.close()
            raise
        except BaseException as stop:
            found = self._stopped[workload, scenario] = stopped_by(f"{workload} {scenario}", stop)
            self.close()
            if isinstance(stop, Exception):
                raise found from stop
            raise

    def more(self, workload: str, scenario: str, undecided: Undecided) -> Measurement:
        """Rounds until no variant is undecided, as far as the budget goes and the workers are still there.

        With several processes there are none: only more processes would help. Nor are there in batches, of which only
        the last one is still there.
        """
        pool = self._pool
        alive = pool is not None and pool.workload.name == workload and scenario in self._runs
        one_set = alive and len(self._stages[workload, scenario]) == 1
        if one_set and not self._runs[scenario].over(self._budget_s(workload, scenario)):
            with self._abandoned_if_stopped(workload, scenario):
                self._run(workload, scenario, undecided)
        return self.done[workload, scenario]

    def confirm(self, workload: str, scenario: str, undecided: Undecided) -> Measurement:
        """The same again, next to what was measured: with checkouts, artefacts and workers that are made for it."""
        first = self.done[workload, scenario]
        if first.confirmation is None:
            self.close()
            self.settings.progress.note(f"{workload} {scenario}: built and started afresh, to confirm a slowdown")
            task = replace(self.tasks[workload], scenarios=(scenario,))
            with closing(Measurements({workload: task}, self.settings.afresh(), undecided)) as again:
                first = self.done[workload, scenario] = replace(first, confirmation=again.get(workload, scenario))
        return first

    def close(self) -> None:
        if self._pool is not None:
            pool = self._pool
            pool.close()  # where that is interrupted, closing again does it again
            self._pool = None
            for (workload, _), measurement in self.done.items():
                if workload == pool.workload.name:
                    self.settings.on_close(measurement)
        self._runs.clear()
        self._extras.clear()

    def _open(self, workload: str, batch: Sequence[str] = ()) -> tuple[tuple[str, ...], ...]:
        """Start workers that can take turns, all or those of a batch; or none, and return the batches that fit."""
        if self._pool is not None and self._pool.workload.name == workload:
            return ()
        self.close()
        task = self.tasks[workload]
        settings = self.settings
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
        pool.audit.seed = settings.seed
        pool.arms.trees = {} if settings.base is None else settings.base.trees
        memory_records = MemoryRecords(settings.cache.folder("memory_records"))
        # A batch was planned to fit; what was learned of its workers meanwhile does not split it again.
        residency = Residency.CONCURRENT if batch else settings.residency
        planner = ResidencyPlanner(
            residency, settings.room, memory_records, settings.memory_limit_bytes, task.reference_variants | {CONTROL}
        )
        variants = [variant for variant in task.variants if not batch or variant.name in batch]
        ready = self._ready = make_ready(
            pool, variants, task.scenarios, settings.cache, settings.progress, planner, control=not settings.smoke
        )
        if ready.residency_plan.batches:
            self._residency_notes[workload] = ready.residency_plan.note
            return ready.residency_plan.batches
        parts = (pool, ready, settings.progress, settings.meter)
        if pool.exclusive:
            self._mode = execution.Sequential(*parts)
        else:
            self._mode = execution.Concurrent(*parts, warm_up=not settings.smoke)
        return ()

    def _names(self, workload: str) -> list[str]:
        return [variant.name for variant in self.tasks[workload].variants]

    def _measure_each(self, workload: str) -> None:
        for each in self.tasks[workload].scenarios:
            self._measure(workload, each)

    def _measure(self, workload: str, scenario: str) -> None:
        pool, ready, mode, settings = self._pool, self._ready, self._mode, self.settings
        assert pool and ready and mode, "a pool was opened just before"  # noqa: S101, PT018 - for the type checker
        stages = self._stages.setdefault((workload, scenario), [])
        checked = mode.bind(scenario)
        recall_compile_times(ready, scenario, self.settings.cache.folder("compilations"))
        first_calls = mode.first_calls(scenario)
        task = self.tasks[workload]
        all_samples = blank_samples(pool, ready, task, checked, first_calls, scenario)
        card = CardHealth(self.settings.card_uuid, pool.pids) if self.settings.card_uuid else None
        told = [
            self._residency_notes.get(workload) or ready.residency_plan.note,
            card.missing if card is not None else None,
            *pool.notes,
            *warnings_of(checked),
            *notes_on_eager(pool, ready, scenario),
            SMOKE_NOTE if self.settings.smoke else None,
        ]
        notes = (*pool.workload.notes, *ready.notes, *filter(None, told))
        # Each set of processes has its own order of turns, and all of them come from the one seed.
        blank = Measurement(
            workload,
            scenario,
            self.settings.device,
            self.settings.seed + len(stages),
            all_samples,
            residency=mode.residency,
            notes=notes,
            utterance=utterance_of(pool, scenario, ready.facts),
            digests=ready.digests(scenario),
            produced=ready.produced(scenario),
            base=None if settings.base is None else pool.arms.compared(settings.base.comparison),
        )
        stages.append(blank)
        self.done[workload, scenario] = merged(stages, self._names(workload))
        if not self.settings.smoke and any(worker.alive for worker in pool.workers.values()):
            before, names, on_round = stages[:-1], self._names(workload), self.settings.on_round
            parts = (self._before, self.settings, self.tasks[workload])
            watch = watch_of(pool, card, *parts, lambda now: on_round(merged([*before, now], names)))
            with INTERRUPTS.held():
                self._runs[scenario] = mode.rounds(blank, watch)
            self._run(workload, scenario, self._undecided)

    def _budget_s(self, workload: str, scenario: str) -> float:
        """Of one set of processes; each batch has its own."""
        asked_s = self.settings.budget_s
        all_samples = len(self._stages[workload, scenario][-1].all_samples)
        whole = self.tasks[workload].workload.budget_s(scenario, all_samples) if asked_s is None else asked_s
        return whole / self.settings.processes

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
        """Memory, power and fallback of every worker; what it took is kept for the next run."""
        pool, ready, mode = self._pool, self._ready, self._mode
        assert pool and ready and mode, "rounds have just been run"  # noqa: S101, PT018 - for the type checker
        weight_bytes = None if ready.facts is None else ready.facts.weight_bytes
        # A full card gains nothing more, whatever a worker takes.
        memory = {
            name: replace(found, weight_bytes=weight_bytes, unreliable=measurement.overcommitted or found.unreliable)
            for name, found in mode.memory(measurement.scenario).items()
        }
        power = self._power(measurement)
        fallbacks = mode.fallbacks(measurement.scenario)
        scenario = measurement.scenario
        if scenario not in self._extras and not measurement.overcommitted:
            every = self.tasks[measurement.workload].scenarios
            ahead = [name for name in every if name not in self._extras] if self.settings.extras else None
            self._extras[scenario] = secondary(pool, mode, measurement, self._peak_rates, ahead)
        extras = self._extras.get(scenario, Extras())
        if ready.estimator is not None:
            for name, need in {**memory, **extras.needs}.items():
                ready.estimator.learn(ready.variants[name], scenario, need)
        all_samples = {
            name: replace(
                samples,
                memory=memory.get(name, samples.memory),
                power=power.get(name, samples.power),
                fallback=samples.fallback or fallbacks.get(name),
                failure=pool.workers[name].failure,
            )
            for name, samples in measurement.all_samples.items()
        }
        whole = replace(measurement, all_samples=all_samples, notes=measurement.notes + mode.notes(scenario))
        return audited(extras.added_to(whole), pool, extras.look_up_s)

    def _power(self, measurement: Measurement) -> Mapping[str, PowerReading]:
        """Once a scenario, whatever rounds are added; where the device tells nothing, no worker runs for it."""
        key = (measurement.workload, measurement.scenario)
        why = self.settings.meter.missing
        if why is not None:
            return {name: PowerReading(missing=why) for name in measurement.all_samples}
        if key not in self._drawn and self._mode is not None and not measurement.overcommitted:
            self.settings.progress.busy(f"{' '.join(key)}: reading its power")
            self._drawn[key] = self._mode.power(key[1], lambda name: measurement.all_samples[name].median_s)
        return self._drawn.get(key, {})
