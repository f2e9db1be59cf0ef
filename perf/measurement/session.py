"""One measurement per session and workload/scenario, however many tests ask for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from perf.measurement.beside import Beside, Ceilings, measure_beside
from perf.measurement.figures import new_lengths
from perf.measurement.measurement import Arm, Measurement, merged
from perf.measurement.rounds import Rounds, Undecided
from perf.probes.card_health import CardHealth
from perf.probes.health import HostLoad, Together
from perf.variants.registry import VariantSpec
from perf.workers.cache import ArtefactCache
from perf.workers.crew import Crew, Progress, Turn
from perf.workers.examination import Examined, doubts_of, examine_again
from perf.workers.failure import Failure
from perf.workers.readiness import Ready, bind, make_ready
from perf.workers.warming import Started
from perf.workloads.registry import WorkloadSpec
from perf.workloads.tolerance import tolerance


@dataclass(frozen=True)
class Task:
    """What this session has to measure of one workload: its variants, and the scenarios that were selected."""

    workload: WorkloadSpec
    variants: tuple[VariantSpec, ...]
    scenarios: tuple[str, ...]


@dataclass(frozen=True)
class Means:
    """How it is measured.

    budget_s: seconds of rounds per workload/scenario. timeout_s: for one answer of a worker. processes: how many times
    all workers are started anew, because a process is a source of variance of its own. claim: called before workers
    start; returns when the device is this run's alone, and at once when it is already. keep_disturbed: whether rounds
    that something else disturbed count all the same. card_uuid: of the card that workers run on; "" for none.
    enforced_bytes: the cap on each worker; None for none.
    """

    device: str
    cache: ArtefactCache
    progress: Progress
    budget_s: float
    timeout_s: float
    seed: int
    processes: int = 1
    keep_disturbed: bool = False
    card_uuid: str = ""
    enforced_bytes: int | None = None
    claim: Callable[[], object] = field(default=lambda: None)
    on_close: Callable[[Measurement], object] = field(default=lambda _: None)


class _CrewTeam:
    """The workers of a crew as rounds see them."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew

    def names(self) -> list[str]:
        return [name for name, worker in self._crew.workers.items() if worker.alive]

    def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
        return self._crew.turn(name, scenario, start, count)

    def failure(self, name: str) -> Failure | None:
        return self._crew.workers[name].failure


class Measurements:
    """Measures on first demand. Only the crew of the workload in hand is alive; another workload ends it.

    With several processes, the first demand measures every scenario of the workload in each set of workers, since
    starting them anew for each scenario would cost more than the rounds.
    """

    def __init__(self, tasks: Mapping[str, Task], means: Means, undecided: Undecided) -> None:
        self._tasks = tasks
        self._means = means
        self._undecided = undecided
        self._crew: Crew | None = None
        self._ready: Ready | None = None
        self._runs: dict[str, Rounds] = {}
        self._beside: dict[str, Beside] = {}
        self._ceilings: Ceilings = {}
        self._parts: dict[tuple[str, str], list[Measurement]] = {}
        self.done: dict[tuple[str, str], Measurement] = {}

    def get(self, workload: str, scenario: str) -> Measurement:
        """The measurement of `scenario`, made now if it has not been."""
        if (workload, scenario) not in self.done:
            if self._means.processes == 1:
                self._open(workload)
                self._measure(workload, scenario)
            else:
                for number in range(self._means.processes):
                    self.close()
                    self._means.progress.note(f"{workload}: processes {number + 1} of {self._means.processes}")
                    self._open(workload)
                    for each in self._tasks[workload].scenarios:
                        self._measure(workload, each)
        return self.done[workload, scenario]

    def more(self, workload: str, scenario: str, undecided: Undecided) -> Measurement:
        """Rounds until nobody is undecided, as far as the budget goes and the workers are still there.

        With several processes there are none: only more processes would help.
        """
        crew = self._crew
        alive = crew is not None and crew.workload.name == workload and scenario in self._runs
        if alive and self._means.processes == 1:
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

    def _open(self, workload: str) -> None:
        if self._crew is not None and self._crew.workload.name == workload:
            return
        self.close()
        task = self._tasks[workload]
        means = self._means
        means.claim()
        self._crew = Crew(task.workload, means.device, means.progress, means.timeout_s, means.enforced_bytes)
        self._ready = make_ready(self._crew, task.variants, task.scenarios, means.cache, means.progress)

    def _measure(self, workload: str, scenario: str) -> None:
        crew, ready = self._crew, self._ready
        assert crew is not None and ready is not None, "opened just before"  # noqa: S101, PT018 - for the type checker
        parts = self._parts.setdefault((workload, scenario), [])
        started: dict[str, Started] = {}
        examined = bind(crew, scenario, ready.cold, started)
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
        unseen = (card.missing,) if card is not None and card.missing else ()
        notes = (*unseen, *crew.notes, *doubts_of(examined))
        # Another order of turns in every set of processes, and all of them from the one seed.
        blank = Measurement(workload, scenario, self._means.device, self._means.seed + len(parts), arms, notes=notes)
        parts.append(blank)
        self.done[workload, scenario] = merged(parts)
        if any(worker.alive for worker in crew.workers.values()):
            health = Together([HostLoad(crew.pids), *([] if card is None else [card])])
            run = Rounds(
                _CrewTeam(crew),
                blank,
                ready.calls[scenario],
                self._means.progress,
                health,
                keep_disturbed=self._means.keep_disturbed,
                early={name: each.calls_s for name, each in started.items()} if ready.calls[scenario] == 1 else None,
            )
            self._runs[scenario] = run
            run.warm_up()
            self._run(workload, scenario, self._undecided)

    def _run(self, workload: str, scenario: str, undecided: Undecided) -> None:
        run, parts = self._runs[scenario], self._parts[workload, scenario]
        try:
            run.run(undecided, self._means.budget_s / self._means.processes)
        finally:
            # Also on Ctrl-C: what was measured is kept.
            parts[-1] = run.measurement()
            self.done[workload, scenario] = merged(parts)
        parts[-1] = self._with_the_rest(parts[-1])
        self.done[workload, scenario] = merged(parts)

    def _with_the_rest(self, measurement: Measurement) -> Measurement:
        crew, ready, scenario = self._crew, self._ready, measurement.scenario
        assert crew is not None and ready is not None, "rounds have just been run"  # noqa: S101, PT018 - as above
        if scenario not in self._beside:
            self._beside[scenario] = measure_beside(
                crew,
                measurement,
                self._ceilings,
                threads=ready.threads,
                weight_bytes=ready.weight_bytes,
                kept=[name for name in self._tasks[crew.workload.name].scenarios if name not in self._beside],
            )
        whole, off = self._beside[scenario].added_to(measurement), examine_again(crew, scenario)
        arms = {
            name: replace(arm, instead=arm.instead or off.get(name), failure=crew.workers[name].failure)
            for name, arm in whole.arms.items()
        }
        return replace(whole, arms=arms)
