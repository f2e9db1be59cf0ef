"""Variants tried once on workloads, without timing: do they run, and is the output right?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass

from jitgate.cache.store import ArtefactCache
from jitgate.engines.available import missing
from jitgate.gates.accuracy import chosen, judge_accuracy
from jitgate.gates.authenticity import off
from jitgate.model.failure import FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.samples import Samples
from jitgate.model.tolerance import tolerance
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.pool.binding import Checked, bind_one
from jitgate.pool.pool import WorkerPool
from jitgate.pool.prepare import make_ready
from jitgate.pool.ready import Ready
from jitgate.statistics import Outcome as Answer
from jitgate.workloads.spec import WorkloadSpec

from studies.variant_matrix.table import Fate, Outcome

COMPILERS = (
    "inductor",
    "inductor-int8-dynamic",
    "compile",
    "compile-reduce-overhead",
    "compile-max-autotune",
    "cudagraph",
    "tensorrt",
)
"""Engines that may take minutes for one model; the others take seconds."""

EAGER = VariantSpec(BASELINE, "jitgate.engines.eager:eager", engine=BASELINE)


class Quiet:
    """Progress of a command that prints an outcome a line: what stays is printed, what goes by is not."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say

    def busy(self, what: str) -> None: ...

    def note(self, what: str) -> None:
        self._say(what)


@dataclass(frozen=True)
class Task:
    """What is to be tried on one workload, in its first scenario."""

    workload: WorkloadSpec
    variants: tuple[VariantSpec, ...]


@dataclass(frozen=True)
class Trial:
    """Tries what each of `tasks` says, `at_once` variants beside each other.

    timeout_s: what a variant may take for one step: its export, its loading, its first call.
    """

    tasks: Sequence[Task]
    device_name: str
    cache: ArtefactCache
    timeout_s: float
    at_once: int
    say: Callable[[str], object]

    @property
    def count(self) -> int:
        """How many outcomes there will be."""
        return sum(len(task.variants) for task in self.tasks)

    def outcomes(self) -> Generator[Outcome]:
        """Each as soon as it is known; what takes least comes first, so that an interrupt loses little.

        What can't run here at all takes no process. Then come what is quick, compilers in float32, and the rest.
        """
        able: list[Task] = []
        for task in self.tasks:
            reasons = {variant.name: missing(variant, self.device_name) for variant in task.variants}
            for name, reason in reasons.items():
                if reason is not None:
                    yield self._refused(task.workload, name, reason)
            able.append(Task(task.workload, tuple(each for each in task.variants if reasons[each.name] is None)))
        for patience in sorted({_patience(variant) for task in able for variant in task.variants}):
            for task in able:
                variants = [variant for variant in task.variants if _patience(variant) == patience]
                for batch in self._batches(variants):
                    yield from self._tried(task.workload, batch)

    def _batches(self, variants: Sequence[VariantSpec]) -> Iterator[list[VariantSpec]]:
        """The baseline goes with the first others: it is there in any case."""
        others = [variant for variant in variants if variant.name != BASELINE]
        batches = [others[start : start + self.at_once] for start in range(0, len(others), self.at_once)] or [[]]
        if len(others) < len(variants):
            batches[0].append(EAGER)
        return (batch for batch in batches if batch)

    def _tried(self, workload: WorkloadSpec, wanted: Sequence[VariantSpec]) -> Iterator[Outcome]:
        """`wanted` beside an eager one, which is an outcome of its own where it is among them."""
        self.say(f"{workload.name}: trying {', '.join(variant.name for variant in wanted)}")
        scenario, progress = workload.scenarios[0], Quiet(self.say)
        variants = [EAGER, *(variant for variant in wanted if variant.name != BASELINE)]
        measurement = Measurement(workload.name, scenario, self.device_name, 0, {})
        all_samples: dict[str, Samples] = {}
        with WorkerPool(workload, self.device_name, progress, self.timeout_s) as pool:
            ready = make_ready(pool, variants, [scenario], self.cache, progress, control=False)
            for variant in variants:
                all_samples[variant.name] = self._arm(pool, ready, variant, scenario)
                measurement = Measurement(workload.name, scenario, self.device_name, 0, dict(all_samples))
                if any(each.name == variant.name for each in wanted):
                    yield self._outcome(workload, measurement, variant.name)
                if variant.name != BASELINE:
                    pool.stop([pool.workers[variant.name]])

    def _arm(self, pool: WorkerPool, ready: Ready, variant: VariantSpec, scenario: str) -> Samples:
        worker, cold, workload = pool.workers[variant.name], ready.cold_start[variant.name], pool.workload
        found = bind_one(pool, worker, scenario, cold) if worker.alive else None
        found = found or Checked()
        return Samples(
            variant.name,
            (),
            (),
            (),
            cold,
            precision=variant.roughest,
            accuracy=found.accuracy,
            tolerance=tolerance(variant.roughest, workload.tolerance),
            fallback=found.fallback,
            failure=worker.failure,
        )

    def _outcome(self, workload: WorkloadSpec, measurement: Measurement, name: str) -> Outcome:
        samples = measurement.all_samples[name]
        if samples.failure is not None:
            why = _without(name, samples.failure.sentence)
            if samples.failure.kind is FailureKind.UNAVAILABLE:
                return self._refused(workload, name, why)
            fate = Fate.UNFINISHED if samples.failure.kind is FailureKind.HUNG else Fate.FAILED
            return Outcome(workload.name, measurement.scenario, name, today(), fate, why=why)
        answer, said = judge_accuracy(measurement, name)
        fallback = off(samples)
        fate = Fate.OFF if fallback else Fate.RIGHT if answer is Answer.PASS else Fate.OUT
        aside = chosen(samples) if samples.accuracy is not None and samples.accuracy.other_ids else None
        doubts = [doubt for doubt in (said if answer is not Answer.PASS else aside, fallback) if doubt is not None]
        return Outcome(
            workload.name, measurement.scenario, name, today(), fate, samples.rel_l2, _without(name, "; ".join(doubts))
        )

    def _refused(self, workload: WorkloadSpec, name: str, reason: str) -> Outcome:
        return Outcome(workload.name, workload.scenarios[0], name, today(), Fate.REFUSED, why=_without(name, reason))


def _patience(variant: VariantSpec) -> int:
    """0 for what is quick; then compilers: in float32, in other precisions, and with a search for the best kernels."""
    engines = [engine for _, engine in variant.stages] or [variant]
    if not any(engine.engine in COMPILERS for engine in engines):
        return 0
    if any(engine.engine == "compile-max-autotune" for engine in engines):
        return 3
    return 1 if all(engine.precision == VariantSpec.precision for engine in engines) else 2


def _without(name: str, reason: str) -> str:
    """A reason in words that hold for every variant that has it, so that it stands in the table once."""
    said = reason.removeprefix("export failed: ").removeprefix("worker ").removeprefix(f"{name}: ")
    return said.replace(name, "it", 1) if said.startswith(name) else said


def today() -> str:
    """The day in UTC, ISO."""
    return dt.datetime.now(dt.UTC).date().isoformat()
