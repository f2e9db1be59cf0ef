"""From bare processes to workers that can take turns: build, export what is missing, load, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from jitgate.cache.store import ArtefactCache
from jitgate.device.device_memory import HostRoom
from jitgate.engines.registry import BASELINE, CONTROL, VariantSpec
from jitgate.model.cold_start import Cold
from jitgate.model.errors import UsageProblem
from jitgate.pool.exports import files_of
from jitgate.pool.memory_estimator import Footprints, Oracle
from jitgate.pool.pool import Crew, Progress
from jitgate.pool.pretrained_files import contents_of
from jitgate.pool.residency import MOST, Residency, Seating
from jitgate.pool.residency_planner import Seats
from jitgate.pool.stages import EveryFile, Wanted, equip, wanted_by_stages
from jitgate.pool.stand_in import stand_in
from jitgate.pool.worker_process import Answer, Worker


@dataclass
class Ready:
    """What preparing a crew found out.

    facts: the baseline's. contents: file of the checkpoint -> SHA-256. notes: for the summary. opened: workers whose
    model was built.
    """

    cold: dict[str, Cold]
    variants: Mapping[str, VariantSpec]
    seating: Seating = field(default_factory=Seating)
    oracle: Oracle | None = None
    files: EveryFile = field(default_factory=dict)
    facts: Answer = field(default_factory=dict)
    threads: int | None = None
    weight_bytes: int = 0
    contents: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    calls: dict[str, int] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    sentences: dict[str, Any] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)


def make_ready(
    crew: Crew,
    variants: Sequence[VariantSpec],
    scenarios: Sequence[str],
    cache: ArtefactCache,
    progress: Progress,
    seats: Seats | None = None,
    *,
    control: bool = True,
) -> Ready:
    """Start `variants` (the baseline among them) and a control, and load each; one worker first, who says how much all
    of them will take. Where `seats` finds no room for that, none is loaded: see `Solo`. control: not where nothing is
    timed. Nor where it would have them in parties: then the crew is to be made anew for each.

    A variant that fails has its `failure` set. Where nothing can be known of the model without the baseline, all fail.
    Raises UsageProblem for a factory that returns the wrong thing, unequal weights, or an unknown scenario.
    """
    by_name = {variant.name: variant for variant in variants}
    if control:
        by_name[CONTROL] = by_name[BASELINE]
    seats = seats or Seats(Residency.TOGETHER, HostRoom(), Footprints(cache.beside("footprints")))
    free = seats.free()
    crew.compiled_in = cache.beside("torch")
    crew.assemble(by_name)
    baseline = crew.workers[BASELINE]
    others = [worker for worker in crew.workers.values() if worker is not baseline]
    # On a CPU importing torch takes little of what has to fit; on a card every worker makes its context with it.
    # Importing torch takes seconds of a core each, too: for so many it is first seen whether they fit.
    lone = crew.ledger.one_at_a_time or len(by_name) > MOST
    crew.wake([baseline] if lone else crew.workers.values())
    context_bytes = crew.ledger.grown_bytes(BASELINE)
    ready = Ready({name: Cold() for name in crew.workers}, by_name)
    facts = open_models(crew, [baseline], ready).get(baseline) or stand_in(crew, scenarios)
    if facts is None:
        _share_what_is_missing(crew)
        return ready
    ready.facts = facts
    _check_scenarios(crew, facts, scenarios)
    ready.threads, ready.weight_bytes, ready.calls = facts["threads"], facts["weight_bytes"], facts["calls"]
    ready.parts, ready.sentences = facts["parts"], facts["sentences"]
    ready.contents, ready.notes = contents_of(crew.workload.origin, cache, progress)
    ready.oracle = seats.oracle(crew.device, facts, context_bytes)
    ready.seating = seats.decide(ready.oracle, free, by_name, scenarios)
    if not ready.seating.parties:
        if lone and not crew.ledger.one_at_a_time:
            crew.wake(others)
        crew.alone = ready.seating.alone
        _fill(crew, variants, scenarios, cache, progress, ready)
    return ready


def _fill(
    crew: Crew,
    variants: Sequence[VariantSpec],
    scenarios: Sequence[str],
    cache: ArtefactCache,
    progress: Progress,
    ready: Ready,
) -> None:
    """Export what is missing, and load every worker; none where each of them will live alone."""
    facts, baseline = ready.facts, crew.workers[BASELINE]
    others = [worker for worker in crew.workers.values() if worker is not baseline]
    exported = [variant for variant in variants if variant.exported and crew.workers[variant.name].alive]
    if exported:
        crew.ask(baseline, "saving inputs", "save_inputs", scenarios=list(scenarios), folder=str(crew.folder))
    wanted = [Wanted(variant.name, None, variant, facts) for variant in exported]
    wanted += wanted_by_stages(crew, variants, facts)
    # Builders take of a card too, and a pipeline fills gigabytes: while they export, one worker holds the model.
    late = crew.ledger.one_at_a_time or any(variant.stages for variant in variants)
    if crew.alone:
        crew.dismiss([baseline])
    elif not late:
        open_models(crew, others, ready)
    ready.files = files_of(crew, wanted, scenarios, cache, progress, ready)
    if crew.alone:
        crew.dismiss(others)
        return
    if crew.ledger.one_at_a_time:
        crew.wake(others)
    if late:
        open_models(crew, others, ready)
    for name, worker in crew.workers.items():
        load(crew, worker, ready.variants[name], ready.files, facts, ready.cold[name])


def open_models(crew: Crew, workers: Iterable[Worker], ready: Ready) -> dict[Worker, Answer]:
    """Let those build the model that run it as a module; UsageProblem where their weights are not the baseline's."""
    holders = [worker for worker in workers if not ready.variants[worker.name].exported]
    opened = crew.ask_each(holders, "building the model", "open", **crew.workload.recipe())
    for worker, facts in opened.items():
        cold = ready.cold[worker.name]
        if worker.name not in ready.opened:  # a worker of one block is the same worker again
            ready.opened.add(worker.name)
            cold.build_s = (cold.build_s or 0.0) + facts["build_s"]
        _check_weights(crew, ready.facts, facts)
    return opened


def _share_what_is_missing(crew: Crew) -> None:
    """A model that can't be built here can't be built by any variant: all say so, in its own words."""
    failure = crew.workers[BASELINE].failure
    if failure is None:
        return
    for worker in crew.workers.values():
        if worker.alive:
            worker.fail(failure.kind, failure.sentence, shortage=failure.shortage)


def _check_weights(crew: Crew, right: Answer, found: Answer) -> None:
    if right and found["weights"] != right["weights"]:
        raise UsageProblem(
            f"{crew.workload.where}: factory {crew.workload.factory!r} gives other weights on each call, "
            "so its variants can't be compared; seed every generator it draws from"
        )


def _check_scenarios(crew: Crew, facts: Answer, scenarios: Sequence[str]) -> None:
    for scenario in scenarios:
        if scenario not in facts["scenarios"]:
            raise UsageProblem(
                f"{crew.workload.where}: workload {crew.workload.name!r} has no scenario {scenario!r}; "
                f"its factory gives {', '.join(facts['scenarios'])}"
            )


def load(crew: Crew, worker: Worker, variant: VariantSpec, files: EveryFile, facts: Answer, cold: Cold) -> None:
    """Load one at a time: cold figures are not measured beside each other's."""
    if not worker.alive:
        return
    if variant.exported:
        crew.ask(worker, "setting threads", "threads", count=facts["threads"])
    stages_s = equip(crew, worker, variant, files, facts)
    whole = files.get((worker.name, None), {})
    answer = crew.ask(worker, "loading", "load", variant=asdict(variant), files=whole)
    if answer is not None:
        cold.load_s = stages_s + answer["load_s"]
        crew.ask(worker, "settling", "settle")
