"""Variants tried once on workloads, without timing: do they run, and is the output right?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from perf.gates.genuine import off
from perf.gates.parity import judge_parity
from perf.measurement.measurement import Arm, Measurement
from perf.report.matrix import Fate, Outcome
from perf.statistics import Answer
from perf.variants.available import missing
from perf.variants.registry import BASELINE, VariantSpec
from perf.workers.binding import bind
from perf.workers.cache import ArtefactCache
from perf.workers.crew import Crew
from perf.workers.examination import Examined
from perf.workers.failure import FailureKind
from perf.workers.readiness import make_ready
from perf.workloads.registry import WorkloadSpec
from perf.workloads.tolerance import tolerance


class Quiet:
    """Progress of a command that prints an outcome a line: what stays is printed, what goes by is not."""

    def __init__(self, say: Callable[[str], object]) -> None:
        self._say = say

    def busy(self, what: str) -> None: ...

    def note(self, what: str) -> None:
        self._say(what)


@dataclass(frozen=True)
class Trial:
    """Tries each of `variants` on the first scenario of each of `workloads`, `at_once` of them beside each other."""

    workloads: Sequence[WorkloadSpec]
    variants: Sequence[VariantSpec]
    device_name: str
    cache: ArtefactCache
    timeout_s: float
    at_once: int
    say: Callable[[str], object]

    def outcomes(self) -> Iterator[Outcome]:
        """Each as soon as it is known; what can't run here at all first, since it takes no process."""
        for workload in self.workloads:
            reasons = {variant.name: missing(variant, self.device_name) for variant in self.variants}
            for name, reason in reasons.items():
                if reason is not None:
                    yield self._refused(workload, name, reason)
            able = [variant for variant in self.variants if reasons[variant.name] is None and variant.name != BASELINE]
            for start in range(0, len(able), self.at_once):
                yield from self._tried(workload, able[start : start + self.at_once], first=start == 0)

    def _tried(self, workload: WorkloadSpec, variants: Sequence[VariantSpec], *, first: bool) -> Iterator[Outcome]:
        """`variants` beside an eager one, which is an outcome of its own the `first` time."""
        scenario = workload.scenarios[0]
        eager = VariantSpec(BASELINE, "perf.variants.eager:eager", engine="eager")
        progress = Quiet(self.say)
        with Crew(workload, self.device_name, progress, self.timeout_s) as crew:
            ready = make_ready(crew, [eager, *variants], [scenario], self.cache, progress)
            examined = bind(crew, scenario, ready.cold)
            arms = {
                variant.name: Arm(
                    variant.name,
                    (),
                    (),
                    (),
                    ready.cold[variant.name],
                    precision=variant.roughest,
                    parity=found.parity,
                    tolerance=tolerance(variant.roughest, workload.tolerance),
                    instead=found.instead,
                    failure=crew.workers[variant.name].failure,
                )
                for variant in (eager, *variants)
                for found in [examined.get(variant.name, Examined())]
            }
        measurement = Measurement(workload.name, scenario, self.device_name, 0, arms)
        for name in arms if first else [name for name in arms if name != BASELINE]:
            yield self._outcome(workload, measurement, name)

    def _outcome(self, workload: WorkloadSpec, measurement: Measurement, name: str) -> Outcome:
        arm = measurement.arms[name]
        if arm.failure is not None:
            why = arm.failure.sentence
            if arm.failure.kind is FailureKind.UNAVAILABLE:
                return self._refused(workload, name, why)
            return Outcome(workload.name, measurement.scenario, name, today(), Fate.FAILED, why=why)
        answer, said = judge_parity(measurement, name)
        doubts = [doubt for doubt in (said if answer is not Answer.PASS else None, off(arm)) if doubt is not None]
        return Outcome(
            workload.name,
            measurement.scenario,
            name,
            today(),
            Fate.WRONG if doubts else Fate.RIGHT,
            arm.rel_l2,
            "; ".join(doubts),
        )

    def _refused(self, workload: WorkloadSpec, name: str, reason: str) -> Outcome:
        said = reason.removeprefix("export failed: ").removeprefix(f"{name}: ").replace(name, "it")
        return Outcome(workload.name, workload.scenarios[0], name, today(), Fate.REFUSED, why=said)


def today() -> str:
    """The day in UTC, ISO."""
    return dt.datetime.now(dt.UTC).date().isoformat()
