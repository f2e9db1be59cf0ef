"""Which scenarios there are: listed by the configuration or by a package, else asked of a worker."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jitgate.model.cell import Cell
from jitgate.model.errors import UsageError
from jitgate.model.failure import FailureKind

if TYPE_CHECKING:
    from jitgate.config.policy import Policy
    from jitgate.model.variant import VariantSpec
    from jitgate.pool.pool import WorkerPool
    from jitgate.pool.progress import Progress
    from jitgate.pool.worker_process import Worker
    from jitgate.workloads.spec import WorkloadSpec

ASK_S = 300.0
"""Building a model to learn its scenarios: a model of many gigabytes may take minutes."""

UNKNOWN = ("unknown",)
"""Stands for the scenarios of a workload that could not be asked, so that its tests exist and can be deselected: its
factory fails, or this is an xdist worker, which never measures."""


@dataclass
class Discovered:
    """scenarios: workload -> scenario names, in the order of the factory's dict.

    workload_problems, variant_problems: name -> why it can't be used; that is bad input only where one of its tests
    is selected. unasked: workloads that the selection has no need of, whose scenarios are `UNKNOWN`.
    """

    scenarios: dict[str, tuple[str, ...]]
    workload_problems: dict[str, UsageError] = field(default_factory=dict)
    variant_problems: dict[str, UsageError] = field(default_factory=dict)
    unasked: frozenset[str] = frozenset()

    def problem(self, cell: Cell) -> UsageError | None:
        """Why this cell can't be measured, where that is known before anything is."""
        if cell.workload in self.unasked and cell.scenario in UNKNOWN:
            return UsageError(
                f"{cell.workload}: -k did not seem to mean it, so that its factory was not asked for its scenarios; "
                f"select it with --jitgate-select '{cell.workload}'"
            )
        return self.workload_problems.get(cell.workload) or self.variant_problems.get(cell.variant)


def discover(policy: Policy, device: str, progress: Progress, *, ask: Collection[str]) -> Discovered:
    """The scenarios of every workload; one process answers for all, and checks the factories of variants.

    It is started only where a workload of `ask` does not list its scenarios. Raises UsageError for a `nightly` scenario
    that does not exist.
    """
    found = Discovered({name: spec.scenarios or UNKNOWN for name, spec in policy.workloads.items()})
    every = [spec for spec in policy.workloads.values() if not spec.scenarios]
    unlisted = [spec for spec in every if spec.name in ask]
    found.unasked = frozenset(spec.name for spec in every if spec.name not in ask)
    if unlisted:
        from jitgate.pool.pool import WorkerPool

        with WorkerPool(unlisted[0], device, progress, ASK_S) as pool:
            for variant in policy.variants.values():
                if variant.where != "jitgate" and variant.factory:
                    _keep(found.variant_problems, variant.name, _check(pool, variant))
            for workload in unlisted:
                answer = _scenarios(pool, workload)
                if isinstance(answer, UsageError):
                    found.workload_problems[workload.name] = answer
                else:
                    found.scenarios[workload.name] = answer
        progress.clear()  # type: ignore[attr-defined]
    for workload in policy.workloads.values():
        there = found.scenarios[workload.name]
        stray = workload.nightly - set(there)
        if stray and there != UNKNOWN:
            raise UsageError(
                f"{workload.where}: nightly names {sorted(stray)}, but the scenarios are {', '.join(there)}"
            )
    return found


def cells_to_check(policy: Policy, found: Discovered) -> Iterator[Cell]:
    """Every cell that a gate may mean: where scenarios are not known, any that a gate names may be one."""
    for cell in policy.cells(found.scenarios):
        yield cell
        if found.scenarios[cell.workload] == UNKNOWN:
            yield from (cell._replace(scenario=gate.scenario) for gate in policy.gates)


def _keep(problems: dict[str, UsageError], name: str, problem: UsageError | None) -> None:
    if problem is not None:
        problems[name] = problem


def _check(pool: WorkerPool, variant: VariantSpec) -> UsageError | None:
    from jitgate.model.requests import CheckFactory

    try:
        pool.ask(_worker(pool), "importing variants", CheckFactory(variant.factory, variant.where))
    except UsageError as problem:
        return problem
    return None


def _scenarios(pool: WorkerPool, workload: WorkloadSpec) -> tuple[str, ...] | UsageError:
    from jitgate.model.requests import ListScenarios

    worker, factory, where = _worker(pool), workload.factory, workload.where
    try:
        answer = pool.ask(worker, f"asking {factory} for its scenarios", ListScenarios(factory, where))
    except UsageError as problem:
        return problem
    if answer is None:
        kind = worker.failure.kind if worker.failure else FailureKind.DIED
        return UsageError(f"{where}: factory {factory!r} {kind}: {worker.failure}")
    return answer


def _worker(pool: WorkerPool) -> Worker:
    """The worker that is asked; another one where a factory has ended the last."""
    from jitgate.model.requests import StartWorker

    worker = pool.workers.get("discovery")
    if worker is None or not worker.alive:
        (worker,) = pool.spawn(["discovery"])
        pool.workers = {worker.name: worker}
        pool.ask(worker, "importing torch", StartWorker(pool.device))
    return worker
