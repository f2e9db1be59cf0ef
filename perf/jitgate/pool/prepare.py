"""From bare processes to workers that can take turns: build, export what is missing, load, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jitgate.cache.store import ArtefactCache
from jitgate.device.device_memory import HostRoom
from jitgate.model.answers import ModelFacts
from jitgate.model.cold_start import ColdStart
from jitgate.model.errors import UsageError
from jitgate.model.failure import FailureKind
from jitgate.model.requests import FreezeGarbage, LoadVariant, SaveInputs, SetThreads, StartWorker
from jitgate.model.source_tree import Origin
from jitgate.model.variant import BASELINE, CONTROL, VariantSpec, arm
from jitgate.pool.exports import files_of
from jitgate.pool.memory_estimator import MemoryRecords
from jitgate.pool.pool import WorkerPool, released
from jitgate.pool.pretrained_files import contents_of
from jitgate.pool.progress import Progress
from jitgate.pool.ready import Ready
from jitgate.pool.residency import MOST, Residency, ResidencyPlanner
from jitgate.pool.stages import Wanted, load_stages, wanted_by_stages, wanted_of_tree
from jitgate.pool.worker_process import Worker


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
    """Start `variants` (the baseline among them) and a control, and load each. The first worker says how much all of
    them will take. Where `planner` finds no room for that, none is loaded (see `ExclusiveWorkers`); nor where it plans
    batches, each of which needs its own pool. control: False where nothing is timed.

    A variant that fails has its `failure` set. Where nothing is known of the model without the baseline, all fail.
    Raises UsageError for a factory that returns the wrong thing, unequal weights, or an unknown scenario.
    """
    by_name = {variant.name: variant for variant in variants}
    if control:
        by_name[CONTROL] = by_name[BASELINE]
    by_name |= pool.arms.workers(variants)
    planner = planner or ResidencyPlanner(
        Residency.CONCURRENT, HostRoom(), MemoryRecords(cache.folder("memory_records"))
    )
    free = planner.free()
    pool.compiled_in = cache.folder("torch")
    pool.spawn_measured(by_name)
    baseline = pool.workers[BASELINE]
    others = [worker for worker in pool.workers.values() if worker is not baseline]
    # On a CPU importing torch takes little of what must fit; on a card every worker makes its context with it.
    # Importing torch takes seconds of a core each, too: many workers are started once it is known that they fit.
    lone = pool.memory_attribution.one_at_a_time or len(by_name) > MOST
    pool.initialise([baseline] if lone else pool.workers.values())
    if "" in pool.arms.trees:
        pool.arms.origin = _origin_of_head(pool)
    context_bytes = pool.memory_attribution.grown_bytes(BASELINE)
    ready = Ready({name: ColdStart() for name in pool.workers}, by_name)
    facts = open_models(pool, [baseline], ready).get(baseline) or _facts_without_cap(pool, scenarios)
    if facts is None:
        _fail_all(pool)
        return ready
    ready.facts = facts
    if "" not in pool.arms.trees:
        pool.arms.origin = facts.origin
    _check_scenarios(pool, facts, scenarios)
    ready.contents, ready.notes = contents_of(pool.workload.weight_source, cache, progress)
    ready.estimator = planner.estimator(pool.device, facts, context_bytes)
    ready.residency_plan = planner.decide(ready.estimator, free, by_name, scenarios)
    if not ready.residency_plan.batches:
        if lone and not pool.memory_attribution.one_at_a_time:
            pool.initialise(others)
        pool.exclusive = ready.residency_plan.exclusive
        _load_all(pool, variants, scenarios, cache, progress, ready, facts)
    return ready


def _load_all(
    pool: WorkerPool,
    variants: Sequence[VariantSpec],
    scenarios: Sequence[str],
    cache: ArtefactCache,
    progress: Progress,
    ready: Ready,
    facts: ModelFacts,
) -> None:
    """Export what is missing, and load every worker; none where they are exclusive."""
    baseline = pool.workers[BASELINE]
    others = [worker for worker in pool.workers.values() if worker is not baseline]
    exported = [variant for variant in variants if variant.exported and pool.workers[variant.name].alive]
    if exported or pool.arms.trees:
        pool.ask(baseline, "saving inputs", SaveInputs(tuple(scenarios), pool.folder))
    wanted = [Wanted(variant.name, None, variant, facts.content) for variant in exported]
    wanted += wanted_by_stages(pool, variants, facts)
    # Builders take memory of a card too, and a pipeline takes gigabytes: while they export, one worker has the model.
    late = pool.memory_attribution.one_at_a_time or any(variant.stages for variant in variants)
    if pool.exclusive:
        pool.stop([baseline])
    elif not late:
        open_models(pool, others, ready)
    ready.files = files_of(pool, wanted, scenarios, cache, progress, ready)
    for role, tree in ((role, tree) for role, tree in pool.arms.trees.items() if role):
        of_tree = _wanted_of(pool, variants, role, ready, late=late)
        ready.files |= files_of(pool, of_tree, scenarios, cache.of_tree(tree.commit, role), progress, ready)
    if pool.exclusive:
        pool.stop(others)
        return
    others = [worker for worker in others if worker.name not in ready.opened]
    if pool.memory_attribution.one_at_a_time:
        pool.initialise(others)
    if late:
        open_models(pool, others, ready)
    for name, worker in pool.workers.items():
        load(pool, worker, ready, ready.cold_start[name])


def _wanted_of(
    pool: WorkerPool, variants: Sequence[VariantSpec], role: str, ready: Ready, *, late: bool
) -> list[Wanted]:
    """What the workers of a checkout need exported. late: whether none of them has opened the model yet."""
    eager = pool.workers[arm(BASELINE, role)]
    if pool.memory_attribution.one_at_a_time:
        pool.initialise([eager])
    if pool.exclusive or late:
        files_only = [pool.workers[arm(variant.name, role)] for variant in variants if variant.exported]
        open_models(pool, [eager, *files_only], ready)
    wanted = wanted_of_tree(pool, variants, role)
    if pool.exclusive:
        pool.stop([eager])
    return wanted


def open_models(pool: WorkerPool, workers: Iterable[Worker], ready: Ready) -> dict[Worker, ModelFacts]:
    """Let those build the model that run it as a module; UsageError where their weights are not the baseline's."""
    workers = list(workers)
    pool.arms.enter(pool, workers)
    holders = [worker for worker in workers if not ready.variants[worker.name].exported]
    opened = pool.ask_each(holders, "building the model", pool.workload.recipe())
    for worker, facts in opened.items():
        cold = ready.cold_start[worker.name]
        if worker.name not in ready.opened:  # a block starts the same worker again
            ready.opened.add(worker.name)
            cold.build_s = (cold.build_s or 0.0) + facts.build_s
        pool.arms.note(worker, facts)
        if worker.tree is None:
            _check_weights(pool, ready.facts, facts)
    pool.arms.without_model(pool.workers)
    return opened


def _origin_of_head(pool: WorkerPool) -> Origin:
    """Where the working tree's model comes from, by a process that is never measured."""
    (helper,) = helpers = pool.spawn(["origin#head"])
    with released(helpers):
        pool.ask(helper, "importing torch", StartWorker(pool.device))
        facts = pool.ask(helper, "building the head's model", pool.workload.recipe())
    return Origin() if facts is None else facts.origin


def _facts_without_cap(pool: WorkerPool, scenarios: Sequence[str]) -> ModelFacts | None:
    """Where the baseline does not fit under the cap: its facts and inputs from a process without one, never measured.

    None where the baseline failed for another reason, or where the model can't be built even without a cap. The process
    has ended when this returns: it holds a whole model.
    """
    failure = pool.workers[BASELINE].failure
    if failure is None or failure.kind is not FailureKind.OUT_OF_MEMORY:
        return None
    (helper,) = helpers = pool.spawn([BASELINE])
    with released(helpers):
        pool.ask(helper, "importing torch", StartWorker(pool.device))
        facts = pool.ask(helper, "building the model without a cap", pool.workload.recipe())
        if facts is not None:
            pool.ask(helper, "saving inputs", SaveInputs(tuple(scenarios), pool.folder))
    return facts


def _fail_all(pool: WorkerPool) -> None:
    """A model that can't be built here can't be built by any variant: all fail in the baseline's words."""
    failure = pool.workers[BASELINE].failure
    if failure is None:
        return
    for worker in pool.workers.values():
        if worker.alive:
            worker.fail(failure.kind, failure.sentence, out_of_memory=failure.out_of_memory)


def _check_weights(pool: WorkerPool, right: ModelFacts | None, found: ModelFacts) -> None:
    if right is not None and found.content.weights != right.content.weights:
        raise UsageError(
            f"{pool.workload.where}: factory {pool.workload.factory!r} gives other weights on each call, "
            "so its variants can't be compared; seed every generator it draws from"
        )


def _check_scenarios(pool: WorkerPool, facts: ModelFacts, scenarios: Sequence[str]) -> None:
    remembered = pool.workload.remembered
    if remembered and set(remembered) != set(facts.calls):
        raise UsageError(
            f"{pool.workload.where}: factory {pool.workload.factory!r} gave the scenarios {', '.join(remembered)} in "
            f"an earlier run and gives {', '.join(facts.calls)} now; run again, which asks it for them"
        )
    for scenario in scenarios:
        if scenario not in facts.calls:
            raise UsageError(
                f"{pool.workload.where}: workload {pool.workload.name!r} has no scenario {scenario!r}; "
                f"its factory gives {', '.join(facts.calls)}"
            )


def load(pool: WorkerPool, worker: Worker, ready: Ready, cold: ColdStart) -> None:
    """Load one worker; one at a time, so that no cold figure disturbs another."""
    if not worker.alive or ready.facts is None:
        return
    variant = ready.variants[worker.name]
    if variant.exported:
        pool.ask(worker, "setting threads", SetThreads(ready.facts.threads, ready.facts.switches))
    stages_s = load_stages(pool, worker, variant, ready.files, ready.facts)
    whole = ready.files.get((worker.name, None), {})
    load_s = pool.ask(worker, "loading", LoadVariant(variant, whole, ready.facts.seed))
    if load_s is not None:
        cold.load_s = stages_s + load_s
        pool.ask(worker, "freezing the garbage collector", FreezeGarbage())
