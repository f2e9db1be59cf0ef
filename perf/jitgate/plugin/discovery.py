"""Which scenarios there are: listed by the configuration or by a package, else asked of a worker."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from jitgate.model.cell import Cell
from jitgate.model.errors import UsageError
from jitgate.model.failure import FailureKind
from jitgate.model.reads import ListedScenarios, Reads

if TYPE_CHECKING:
    from jitgate.cache.scenario_memory import ScenarioMemory
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
    is selected. unasked: workloads that the selection has no need of, whose scenarios are `UNKNOWN`. remembered:
    workloads whose scenarios an earlier run was told.
    """

    scenarios: dict[str, tuple[str, ...]]
    workload_problems: dict[str, UsageError] = field(default_factory=dict)
    variant_problems: dict[str, UsageError] = field(default_factory=dict)
    unasked: frozenset[str] = frozenset()
    remembered: frozenset[str] = frozenset()

    def problem(self, cell: Cell) -> UsageError | None:
        """Why this cell can't be measured, where that is known before anything is."""
        if cell.workload in self.unasked and cell.scenario in UNKNOWN:
            return UsageError(
                f"{cell.workload}: -k did not seem to mean it, so that its factory was not asked for its scenarios; "
                f"select it with --jitgate-select '{cell.workload}'"
            )
        return self.workload_problems.get(cell.workload) or self.variant_problems.get(cell.variant)


def discover(
    policy: Policy, device: str, progress: Progress, memory: ScenarioMemory, *, ask: Collection[str]
) -> Discovered:
    """The scenarios of every workload; one process answers for all, and checks the factories of variants.

    It is started only where a workload of `ask` does not list its scenarios, and asked only what `memory` does not
    know.
    """
    found = Discovered({name: spec.scenarios or UNKNOWN for name, spec in policy.workloads.items()})
    every = [spec for spec in policy.workloads.values() if not spec.scenarios]
    unlisted = [spec for spec in every if spec.name in ask]
    # What is remembered costs nothing, and tells `-k` the scenarios of workloads that it did not seem to mean.
    known = {spec.name: names for spec in every if ask and (names := memory.find(spec.factory))}
    found.unasked = frozenset(spec.name for spec in every if spec.name not in {*ask, *known})
    found.scenarios |= known
    found.remembered = frozenset(known)
    own = [variant for variant in policy.variants.values() if variant.where != "jitgate" and variant.factory]
    unchecked = [variant for variant in own if unlisted and memory.find(variant.factory) is None]
    unlisted = [spec for spec in unlisted if spec.name not in known]
    if unlisted or unchecked:
        _ask(found, every[0], unlisted, unchecked, device, progress, memory)
    return found


def check_nightly(policy: Policy, found: Discovered) -> None:
    """Raise UsageError for a `nightly` scenario that does not exist."""
    for workload in policy.workloads.values():
        there = found.scenarios[workload.name]
        stray = workload.nightly - set(there)
        if stray and there != UNKNOWN:
            raise UsageError(
                f"{workload.where}: nightly names {sorted(stray)}, but the scenarios are {', '.join(there)}"
            )


def _ask(
    found: Discovered,
    asked: WorkloadSpec,
    workloads: Sequence[WorkloadSpec],
    variants: Sequence[VariantSpec],
    device: str,
    progress: Progress,
    memory: ScenarioMemory,
) -> None:
    from jitgate.pool.pool import WorkerPool

    began = time.time()
    with WorkerPool(asked, device, progress, ASK_S) as pool:
        for variant in variants:
            checked = _check(pool, variant)
            if isinstance(checked, UsageError):
                found.variant_problems[variant.name] = checked
            elif checked is not None:
                memory.keep(variant.factory, ListedScenarios((), checked), began)
        for workload in workloads:
            answer = _scenarios(pool, workload)
            if isinstance(answer, UsageError):
                found.workload_problems[workload.name] = answer
            else:
                found.scenarios[workload.name] = answer.names
                memory.keep(workload.factory, answer, began)
    progress.clear()  # type: ignore[attr-defined]


def with_remembered(policy: Policy, found: Discovered) -> Policy:
    """`policy` with what was remembered noted in its workloads: each is compared when its model is opened."""
    known = {name: replace(policy.workloads[name], remembered=found.scenarios[name]) for name in found.remembered}
    return replace(policy, workloads={**policy.workloads, **known})


def cells_to_check(policy: Policy, found: Discovered) -> Iterator[Cell]:
    """Every cell that a gate may mean: where scenarios are not known, any that a gate names may be one."""
    for cell in policy.cells(found.scenarios):
        yield cell
        if found.scenarios[cell.workload] == UNKNOWN:
            yield from (cell._replace(scenario=gate.scenario) for gate in policy.gates)


def _check(pool: WorkerPool, variant: VariantSpec) -> Reads | UsageError | None:
    from jitgate.model.requests import CheckFactory

    try:
        return pool.ask(_worker(pool), "importing variants", CheckFactory(variant.factory, variant.where))
    except UsageError as problem:
        return problem


def _scenarios(pool: WorkerPool, workload: WorkloadSpec) -> ListedScenarios | UsageError:
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
