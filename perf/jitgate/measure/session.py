"""One measurement per session and workload/scenario, however many tests ask for it."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial

from jitgate.device.card_health import CardHealth
from jitgate.device.device_memory import DeviceMemory
from jitgate.device.reading import Missing, Reading
from jitgate.measure import execution
from jitgate.measure.blank_samples import blank_samples
from jitgate.measure.eager_notes import notes_on_eager
from jitgate.measure.opening import new_pool, planner_of
from jitgate.measure.readings import Readings
from jitgate.measure.restarts import Restarts
from jitgate.measure.rounds import Rounds, Undecided
from jitgate.measure.settings import SMOKE_NOTE, MeasureTask, RunSettings
from jitgate.measure.stopping_error import stopped_by
from jitgate.measure.watching import watch_of
from jitgate.model.errors import StoppedError, UsageError
from jitgate.model.measurement import Measurement, merged
from jitgate.pool.binding import warnings_of
from jitgate.pool.compile_history import recall_compile_times
from jitgate.pool.interrupt import INTERRUPTS
from jitgate.pool.pool import WorkerPool
from jitgate.pool.prepare import make_ready
from jitgate.pool.ready import Ready
from jitgate.pool.stages import utterance_of


class Measurements:
    """Measures on first demand. Only one pool is alive; the next workload ends it.

    With several sets of processes, or in batches, the first demand measures every scenario of the workload in each set
    of workers, since starting them again for each scenario would cost more than the rounds.
    """

    def __init__(
        self,
        tasks: Mapping[str, MeasureTask],
        settings: RunSettings,
        undecided: Undecided,
        near: Undecided = lambda _: (),
    ) -> None:
        """near: which variants need workers that are started again; asked where the number of sets is open."""
        self.tasks = tasks
        self.settings = settings
        self._undecided = undecided
        self._near = near
        self._pool: WorkerPool | None = None
        self._ready: Ready | None = None
        self._mode: execution.ExecutionMode | None = None
        self._readings = Readings(settings)
        self._restarts = Restarts()
        self._batches: dict[str, tuple[tuple[str, ...], ...]] = {}
        self._before: Reading[DeviceMemory] = Missing("not read yet")
        self._runs: dict[str, Rounds] = {}
        self._residency_notes: dict[str, str | None] = {}
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
        auto = self.settings.processes is None and not self.settings.smoke
        every = 1 if self.settings.smoke else self.settings.processes or 1
        for number in range(every):
            if every > 1:
                self.close()
                self.settings.progress.note(f"{workload}: processes {number + 1} of {every}")
            batches = self._batches[workload] = self._open(workload)
            for batch in batches:
                self.close()
                self._readings.forget_power()
                self.settings.progress.note(f"{workload}: in batches, now {', '.join(batch)}")
                self._open(workload, batch)
                self._measure_each(workload)
            if every > 1 and not batches:
                self._measure_each(workload)
            elif not batches:
                self._measure(workload, scenario)
        if auto:
            self._start_again(workload, self._near)

    def _start_again(self, workload: str, near: Undecided, only: Collection[str] = ()) -> None:
        """Further sets of processes of what is near a limit, as long as they may decide it and the budget lasts.

        Every scenario is measured in the first set before that ends: starting it again would cost more than its rounds.
        only: the scenarios that `near` is about; all without.
        """
        restarts, task = self._restarts, self.tasks[workload]
        while self._wanted(workload, near, only):
            if self._pool is not None and self._pool.workload.name == workload:
                for scenario in task.scenarios:
                    if (workload, scenario) not in self.done:
                        self._measure(workload, scenario)
            wanted = self._wanted(workload, near, only)
            keys = [(workload, scenario) for scenario in wanted]
            for scenario, run in self._runs.items():
                restarts.end_set((workload, scenario), run.spent_s, run.wall_s)
            for key in keys:
                restarts.begin_set(key, [name for name in wanted[key[1]] if name not in task.reference_variants])
            names = list(dict.fromkeys(name for each in wanted.values() for name in each))
            self.settings.progress.note(f"{workload}: started again, since {', '.join(names)} is near a limit")
            for batch in self._batches[workload] or (tuple(self._names(workload)),):
                if not set(names).isdisjoint(batch):
                    self.close()
                    began = time.monotonic()
                    self._open(workload, [name for name in batch if name in {*names, *task.reference_variants}])
                    restarts.started(keys, time.monotonic() - began)
                    for scenario in wanted:
                        self._measure(workload, scenario)

    def _wanted(self, workload: str, near: Undecided, only: Collection[str]) -> dict[str, list[str]]:
        here = {key: found for key, found in self.done.items() if key[0] == workload and (not only or key[1] in only)}
        return self._restarts.wanted(here, near, {key: self._budget_s(*key) for key in here})

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

    def more(self, workload: str, scenario: str, undecided: Undecided, near: Undecided = lambda _: ()) -> Measurement:
        """Rounds until no variant is undecided, as far as the budget goes and the workers are still there; and starts
        while `near` wants them, where their number is open.

        With a given number of several sets there are none: only more processes would help. Nor are there in batches, of
        which only the last one is still there.
        """
        pool, key, auto = self._pool, (workload, scenario), self.settings.processes is None
        alive = pool is not None and pool.workload.name == workload and scenario in self._runs
        open_still = alive and (auto or len(self._stages[key]) == 1)
        with self._abandoned_if_stopped(workload, scenario):
            if open_still and not self._runs[scenario].over(self._left_s(key)):
                self._run(workload, scenario, undecided, near)
            if auto and not self.settings.smoke:
                self._start_again(workload, near, (scenario,))
        return self.done[key]

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
        self._readings.forget_extras()

    def _open(self, workload: str, batch: Sequence[str] = ()) -> tuple[tuple[str, ...], ...]:
        """Start workers that can take turns, all or those of a batch; or none, and return the batches that fit."""
        if self._pool is not None and self._pool.workload.name == workload:
            return ()
        self.close()
        task = self.tasks[workload]
        settings = self.settings
        settings.claim()
        self._before = settings.room.read()
        pool = self._pool = new_pool(task, settings)
        planner = planner_of(task, settings, batch)
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
            restarts=settings.processes is None,
        )
        stages.append(blank)
        self.done[workload, scenario] = self._restarts.whole(stages, self._names(workload))
        if not self.settings.smoke and any(worker.alive for worker in pool.workers.values()):
            before, names, on_round = stages[:-1], self._names(workload), settings.on_round
            parts = (self._before, settings, task)
            watch = watch_of(pool, card, *parts, lambda now: on_round(merged([*before, now], names)))
            with INTERRUPTS.held():
                self._runs[scenario] = mode.rounds(blank, watch)
            self._run(workload, scenario, self._undecided, self._near)

    def _budget_s(self, workload: str, scenario: str) -> float:
        """Of one set of processes, or of all where their number is open; each batch has its own."""
        asked_s = self.settings.budget_s
        all_samples = len(self._stages[workload, scenario][-1].all_samples)
        whole = self.tasks[workload].workload.budget_s(scenario, all_samples) if asked_s is None else asked_s
        return whole / (self.settings.processes or 1)

    def _left_s(self, key: tuple[str, str]) -> float:
        return self._restarts.left_s(key, self._budget_s(*key))  # where the number of sets is given, none has ended

    def _run(self, workload: str, scenario: str, undecided: Undecided, near: Undecided) -> None:
        pool, ready, mode, key = self._pool, self._ready, self._mode, (workload, scenario)
        assert pool and ready and mode, "workers were started just before"  # noqa: S101, PT018 - for the type checker
        run, stages, names = self._runs[scenario], self._stages[key], self._names(workload)
        auto = self.settings.processes is None

        def of_all_sets(ask: Undecided, measurement: Measurement) -> list[str]:
            whole = self._restarts.whole([*stages[:-1], measurement], names) if auto else measurement
            return [name for name in ask(whole) if name in pool.workers]

        share_s = self._restarts.share_s(self._budget_s(*key)) if auto else math.inf
        with INTERRUPTS.held():
            try:
                run.run(partial(of_all_sets, undecided), self._left_s(key), partial(of_all_sets, near), share_s)
            finally:
                # Also on Ctrl-C: what was measured is kept.
                stages[-1] = run.measurement()
                self.done[key] = self._restarts.whole(stages, names)
        again = bool(self._restarts.reasons.get(key))
        scenarios = self.tasks[workload].scenarios
        stages[-1] = self._readings.of(stages[-1], pool, ready, mode, scenarios, again=again)
        self.done[key] = self._restarts.whole(stages, names)
