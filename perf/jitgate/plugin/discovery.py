"""Which scenarios there are: known for shipped workloads, asked of a worker for brought-along ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.model.errors import UsageError
from jitgate.model.failure import FailureKind

if TYPE_CHECKING:
    from jitgate.config.policy import Policy
    from jitgate.pool.progress import Progress

ASK_S = 300.0
"""Building a model to learn its scenarios: a model of many gigabytes may take minutes."""

UNASKED = ("unasked",)
"""Stands for the scenarios of a workload nobody was asked about (in an xdist worker, which never measures)."""


def discover(policy: Policy, device: str, progress: Progress, *, ask: bool) -> dict[str, tuple[str, ...]]:
    """Workload -> scenario names, in the order of the factory's dict.

    One process answers for all brought-along workloads and checks the variants' factories; it is started only where a
    workload does not list its scenarios. Raises UsageError for a factory that can't be imported or returns the wrong
    thing, and for a `nightly` scenario that does not exist.
    """
    known = {name: spec.scenarios for name, spec in policy.workloads.items()}
    unknown = [spec for spec in policy.workloads.values() if not spec.scenarios]
    if unknown and not ask:
        known |= {spec.name: UNASKED for spec in unknown}
    elif unknown:
        from jitgate.model.requests import CheckFactory, ListScenarios, StartWorker
        from jitgate.pool.pool import WorkerPool

        with WorkerPool(unknown[0], device, progress, ASK_S) as pool:
            (worker,) = pool.spawn(["discovery"])
            pool.workers = {worker.name: worker}
            pool.ask(worker, "importing torch", StartWorker(device))
            for spec in policy.variants.values():
                if spec.where != "jitgate":
                    pool.ask(worker, "importing variants", CheckFactory(spec.factory, spec.where))
            for workload in unknown:
                request = ListScenarios(workload.factory, workload.where)
                found = pool.ask(worker, f"asking {workload.factory} for its scenarios", request)
                if found is None:
                    kind = worker.failure.kind if worker.failure else FailureKind.DIED
                    raise UsageError(f"{workload.where}: factory {workload.factory!r} {kind}: {worker.failure}")
                known[workload.name] = found.names
        progress.clear()  # type: ignore[attr-defined]
    for workload in policy.workloads.values():
        stray = workload.nightly - set(known[workload.name])
        if stray and known[workload.name] != UNASKED:
            there = ", ".join(known[workload.name])
            raise UsageError(f"{workload.where}: nightly names {sorted(stray)}, but the scenarios are {there}")
    return known
