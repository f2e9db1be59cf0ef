"""From bare processes to workers that can take turns: build, export what is missing, load, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from jitgate.cache.store import ArtefactCache
from jitgate.device.device_memory import HostRoom
from jitgate.model.cold_start import ColdStart
from jitgate.model.errors import UsageError
from jitgate.model.variant import BASELINE, CONTROL, VariantSpec
from jitgate.pool.exports import files_of
from jitgate.pool.memory_estimator import MemoryEstimator, MemoryRecords
from jitgate.pool.pool import WorkerPool
from jitgate.pool.pretrained_files import contents_of
from jitgate.pool.progress import Progress
from jitgate.pool.residency import MOST, Residency, ResidencyPlan
from jitgate.pool.residency_planner import ResidencyPlanner
from jitgate.pool.stages import EveryFile, Wanted, equip, wanted_by_stages
from jitgate.pool.stand_in import stand_in
from jitgate.pool.worker_process import Answer, Worker


@dataclass
class Ready:
    """What preparing a pool found out.

    facts: the baseline's. contents: file of the checkpoint -> SHA-256. notes: for the summary. opened: workers whose
    model was built.
    """

    cold_start: dict[str, ColdStart]
    variants: Mapping[str, VariantSpec]
    residency_plan: ResidencyPlan = field(default_factory=ResidencyPlan)
    estimator: MemoryEstimator | None = None
    files: EveryFile = field(default_factory=dict)
    facts: Answer = field(default_factory=dict)
    threads: int | None = None
    weight_bytes: int = 0
    contents: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    calls: dict[str, int] = field(default_factory=dict)
    stages: dict[str, Any] = field(default_factory=dict)
    utterances: dict[str, Any] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)


def make_ready(
    pool: WorkerPool,
    variants: Sequence[VariantSpec],
    scenarios: Sequence[str],
    cache: ArtefactCache,
    progress: Progress,
    planner: ResidencyPlanner | None = None,
    *,
    control: bool = True,
) -> Ready:
    """Start `variants` (the baseline among them) and a control, and load each; one worker first, who says how much all
    of them will take. Where `planner` finds no room for that, none is loaded: see `ExclusiveWorkers`. control: not
    where nothing is timed. Nor where it would have them in batches: then the pool is to be made anew for each.

    A variant that fails has its `failure` set. Where nothing can be known of the model without the baseline, all fail.
    Raises UsageError for a factory that returns the wrong thing, unequal weights, or an unknown scenario.
    """
    by_name = {variant.name: variant for variant in variants}
    if control:
        by_name[CONTROL] = by_name[BASELINE]
    planner = planner or ResidencyPlanner(
        Residency.CONCURRENT, HostRoom(), MemoryRecords(cache.beside("memory_records"))
    )
    free = planner.free()
    pool.compiled_in = cache.beside("torch")
    pool.spawn_measured(by_name)
    baseline = pool.workers[BASELINE]
    others = [worker for worker in pool.workers.values() if worker is not baseline]
    # On a CPU importing torch takes little of what has to fit; on a card every worker makes its context with it.
    # Importing torch takes seconds of a core each, too: for so many it is first seen whether they fit.
    lone = pool.memory_attribution.one_at_a_time or len(by_name) > MOST
    pool.initialise([baseline] if lone else pool.workers.values())
    context_bytes = pool.memory_attribution.grown_bytes(BASELINE)
    ready = Ready({name: ColdStart() for name in pool.workers}, by_name)
    facts = open_models(pool, [baseline], ready).get(baseline) or stand_in(pool, scenarios)
    if facts is None:
        _share_what_is_missing(pool)
        return ready
    ready.facts = facts
    _check_scenarios(pool, facts, scenarios)
    ready.threads, ready.weight_bytes, ready.calls = facts["threads"], facts["weight_bytes"], facts["calls"]
    ready.stages, ready.utterances = facts["stages"], facts["utterances"]
    ready.contents, ready.notes = contents_of(pool.workload.weight_source, cache, progress)
    ready.estimator = planner.estimator(pool.device, facts, context_bytes)
    ready.residency_plan = planner.decide(ready.estimator, free, by_name, scenarios)
    if not ready.residency_plan.batches:
        if lone and not pool.memory_attribution.one_at_a_time:
            pool.initialise(others)
        pool.alone = ready.residency_plan.alone
        _fill(pool, variants, scenarios, cache, progress, ready)
    return ready


def _fill(
    pool: WorkerPool,
    variants: Sequence[VariantSpec],
    scenarios: Sequence[str],
    cache: ArtefactCache,
    progress: Progress,
    ready: Ready,
) -> None:
    """Export what is missing, and load every worker; none where each of them will live alone."""
    facts, baseline = ready.facts, pool.workers[BASELINE]
    others = [worker for worker in pool.workers.values() if worker is not baseline]
    exported = [variant for variant in variants if variant.exported and pool.workers[variant.name].alive]
    if exported:
        pool.ask(baseline, "saving inputs", "save_inputs", scenarios=list(scenarios), folder=str(pool.folder))
    wanted = [Wanted(variant.name, None, variant, facts) for variant in exported]
    wanted += wanted_by_stages(pool, variants, facts)
    # Builders take of a card too, and a pipeline fills gigabytes: while they export, one worker holds the model.
    late = pool.memory_attribution.one_at_a_time or any(variant.stages for variant in variants)
    if pool.alone:
        pool.stop([baseline])
    elif not late:
        open_models(pool, others, ready)
    ready.files = files_of(pool, wanted, scenarios, cache, progress, ready)
    if pool.alone:
        pool.stop(others)
        return
    if pool.memory_attribution.one_at_a_time:
        pool.initialise(others)
    if late:
        open_models(pool, others, ready)
    for name, worker in pool.workers.items():
        load(pool, worker, ready.variants[name], ready.files, facts, ready.cold_start[name])


def open_models(pool: WorkerPool, workers: Iterable[Worker], ready: Ready) -> dict[Worker, Answer]:
    """Let those build the model that run it as a module; UsageError where their weights are not the baseline's."""
    holders = [worker for worker in workers if not ready.variants[worker.name].exported]
    opened = pool.ask_each(holders, "building the model", "open", **pool.workload.recipe())
    for worker, facts in opened.items():
        cold = ready.cold_start[worker.name]
        if worker.name not in ready.opened:  # a worker of one block is the same worker again
            ready.opened.add(worker.name)
            cold.build_s = (cold.build_s or 0.0) + facts["build_s"]
        _check_weights(pool, ready.facts, facts)
    return opened


def _share_what_is_missing(pool: WorkerPool) -> None:
    """A model that can't be built here can't be built by any variant: all say so, in its own words."""
    failure = pool.workers[BASELINE].failure
    if failure is None:
        return
    for worker in pool.workers.values():
        if worker.alive:
            worker.fail(failure.kind, failure.sentence, shortage=failure.shortage)


def _check_weights(pool: WorkerPool, right: Answer, found: Answer) -> None:
    if right and found["weights"] != right["weights"]:
        raise UsageError(
            f"{pool.workload.where}: factory {pool.workload.factory!r} gives other weights on each call, "
            "so its variants can't be compared; seed every generator it draws from"
        )


def _check_scenarios(pool: WorkerPool, facts: Answer, scenarios: Sequence[str]) -> None:
    for scenario in scenarios:
        if scenario not in facts["scenarios"]:
            raise UsageError(
                f"{pool.workload.where}: workload {pool.workload.name!r} has no scenario {scenario!r}; "
                f"its factory gives {', '.join(facts['scenarios'])}"
            )


def load(
    pool: WorkerPool, worker: Worker, variant: VariantSpec, files: EveryFile, facts: Answer, cold: ColdStart
) -> None:
    """Load one at a time: cold figures are not measured beside each other's."""
    if not worker.alive:
        return
    if variant.exported:
        pool.ask(worker, "setting threads", "threads", count=facts["threads"])
    stages_s = equip(pool, worker, variant, files, facts)
    whole = files.get((worker.name, None), {})
    answer = pool.ask(worker, "loading", "load", variant=asdict(variant), files=whole)
    if answer is not None:
        cold.load_s = stages_s + answer["load_s"]
        pool.ask(worker, "settling", "settle")
