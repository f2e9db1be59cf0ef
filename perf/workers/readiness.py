"""From bare processes to workers that can take turns: build, export what is missing, load, one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

from perf.errors import UsageProblem
from perf.probes.device_memory import HostRoom
from perf.variants.registry import BASELINE, CONTROL, VariantSpec
from perf.workers.cache import Artefact, ArtefactCache
from perf.workers.content import digest_of
from perf.workers.crew import Crew, Progress, released
from perf.workers.directory import contents_of, ready_made
from perf.workers.failure import FailureKind
from perf.workers.prediction import Footprints, Oracle
from perf.workers.residency import Residency, Seating
from perf.workers.seats import Seats
from perf.workers.stand_in import stand_in
from perf.workers.worker import Answer, Worker

LOCK_WAIT_S = 1800.0
"""Another run may be compiling the same artefact; half an hour is longer than any export known here."""


@dataclass
class Cold:
    """What came before the steady state, in seconds. `built_now` is False where the export was in the cache."""

    build_s: float | None = None
    load_s: float | None = None
    first_call_s: float | None = None
    artefact_bytes: int | None = None
    built_now: bool = False


@dataclass
class Ready:
    """What preparing a crew found out.

    files: exported variant -> signature -> [path, facts]. facts: the baseline's. contents: file of the checkpoint ->
    SHA-256. notes: for the summary.
    """

    cold: dict[str, Cold]
    variants: Mapping[str, VariantSpec]
    seating: Seating = field(default_factory=Seating)
    oracle: Oracle | None = None
    files: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    facts: Answer = field(default_factory=dict)
    threads: int | None = None
    weight_bytes: int = 0
    contents: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    calls: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Job:
    """One file to export: for a variant, and for the calls of one signature (None: for all).

    unavailable: why it can't be exported here; it may still be in the cache.
    """

    variant: VariantSpec
    kind: str | None
    key: str
    name: str
    unavailable: str | None


def make_ready(
    crew: Crew,
    variants: Sequence[VariantSpec],
    scenarios: Sequence[str],
    cache: ArtefactCache,
    progress: Progress,
    seats: Seats | None = None,
) -> Ready:
    """Start `variants` (the baseline among them) and a control, and load each; one worker first, who says how much all
    of them will take. Where `seats` finds no room for that, none is loaded: see `Solo`.

    A variant that fails has its `failure` set. Where nothing can be known of the model without the baseline, all fail.
    Raises UsageProblem for a factory that returns the wrong thing, unequal weights, or an unknown scenario.
    """
    by_name = {variant.name: variant for variant in variants}
    by_name[CONTROL] = by_name[BASELINE]
    seats = seats or Seats(Residency.TOGETHER, HostRoom(), Footprints(cache.beside("footprints")))
    free = seats.free()
    crew.assemble(by_name)
    baseline = crew.workers[BASELINE]
    others = [worker for worker in crew.workers.values() if worker is not baseline]
    # On a CPU importing torch takes little of what has to fit; on a card every worker makes its context with it.
    crew.wake([baseline] if crew.ledger.one_at_a_time else crew.workers.values())
    context_bytes = crew.ledger.grown_bytes(BASELINE)
    ready = Ready({name: Cold() for name in crew.workers}, by_name)
    facts = open_models(crew, [baseline], ready).get(baseline) or stand_in(crew, scenarios)
    if facts is None:
        _share_what_is_missing(crew)
        return ready
    ready.facts = facts
    _check_scenarios(crew, facts, scenarios)
    ready.threads, ready.weight_bytes, ready.calls = facts["threads"], facts["weight_bytes"], facts["calls"]
    ready.contents, ready.notes = contents_of(crew.workload.origin, cache, progress)
    ready.oracle = seats.oracle(crew.device, facts, context_bytes)
    ready.seating = seats.decide(ready.oracle, free, by_name, scenarios)
    crew.alone = ready.seating.alone
    exported = [variant for variant in variants if variant.exported and crew.workers[variant.name].alive]
    if exported:
        crew.ask(baseline, "saving inputs", "save_inputs", scenarios=list(scenarios), folder=str(crew.folder))
    if crew.alone:
        crew.dismiss([baseline])
    elif not crew.ledger.one_at_a_time:
        open_models(crew, others, ready)
    ready.files = _files(crew, exported, facts, scenarios, cache, progress, ready)
    if crew.alone:
        crew.dismiss(others)
        return ready
    if crew.ledger.one_at_a_time:  # not before exports are done: builders take of the card, too
        crew.wake(others)
        open_models(crew, others, ready)
    for name, worker in crew.workers.items():
        load(crew, worker, by_name[name], ready.files.get(name, {}), facts, ready.cold[name])
    return ready


def open_models(crew: Crew, workers: Iterable[Worker], ready: Ready) -> dict[Worker, Answer]:
    """Let those build the model that run it as a module; UsageProblem where their weights are not the baseline's."""
    holders = [worker for worker in workers if not ready.variants[worker.name].exported]
    opened = crew.ask_each(holders, "building the model", "open", **crew.workload.recipe())
    for worker, facts in opened.items():
        ready.cold[worker.name].build_s = ready.cold[worker.name].build_s or facts["build_s"]
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


def _files(
    crew: Crew,
    exported: Sequence[VariantSpec],
    facts: Answer,
    scenarios: Sequence[str],
    cache: ArtefactCache,
    progress: Progress,
    ready: Ready,
) -> dict[str, dict[str, list[Any]]]:
    """For each exported variant: signature -> [path, facts]."""
    kinds = sorted({kind for scenario in scenarios for kind in facts["signatures"][scenario]})
    jobs: dict[str, dict[str, _Job]] = {}
    files: dict[str, dict[str, list[Any]]] = {}
    for variant in exported:
        given = ready_made(crew.workload, variant)
        if given is not None:
            files[variant.name] = {kind: [str(given.path), given.facts] for kind in kinds}
            ready.cold[variant.name].artefact_bytes = given.size_bytes
            ready.notes += (given.note,)
            continue
        worker = crew.workers[variant.name]
        engine = crew.ask(worker, "reading its engine", "engine", variant=asdict(variant))
        if engine is not None:
            jobs[variant.name] = _jobs(crew, variant, engine, facts | {"contents": ready.contents}, kinds)
    found = _find_or_build(crew, [job for of in jobs.values() for job in of.values()], cache, progress)
    for name, of in jobs.items():
        artefacts = {kind: found[job.key] for kind, job in of.items() if job.key in found}
        if len(artefacts) < len(of):
            continue  # its worker has the failure
        unique = {artefact.path: (artefact, now) for artefact, now in artefacts.values()}
        cold = ready.cold[name]
        cold.build_s = sum(artefact.export_s for artefact, _ in unique.values())
        cold.artefact_bytes = sum(artefact.size_bytes for artefact, _ in unique.values())
        cold.built_now = any(now for _, now in unique.values())
        files[name] = {kind: [str(artefact.path), artefact.facts] for kind, (artefact, _) in artefacts.items()}
    return files


def _jobs(crew: Crew, variant: VariantSpec, engine: Answer, facts: Answer, kinds: Sequence[str]) -> dict[str, _Job]:
    stem = facts["artefact"] or crew.workload.name
    jobs = {}
    for kind in kinds:
        content: dict[str, object] = {
            "engine": engine["key"],
            "weights": facts["weights"],
            "source": facts["source"],
            "runtime": facts["runtime"],
            **facts["contents"],
        }
        if engine["per_signature"]:
            content |= {"signature": kind, "spread": facts["spread"][kind]}
        job_kind = kind if engine["per_signature"] else None
        name = f"{stem}.{variant.precision}{engine['suffix']}"
        jobs[kind] = _Job(variant, job_kind, f"{variant.name}-{digest_of(content)}", name, engine["unavailable"])
    return jobs


def _find_or_build(
    crew: Crew, jobs: Sequence[_Job], cache: ArtefactCache, progress: Progress
) -> dict[str, tuple[Artefact, bool]]:
    """key -> (artefact, whether it was built now). A job that fails fails its variant's worker."""
    by_key = {job.key: job for job in jobs}
    found: dict[str, tuple[Artefact, bool]] = {}
    for key in by_key:
        artefact, warning = cache.find(key)
        if warning:
            progress.note(warning)
        if artefact:
            found[key] = (artefact, False)
    missing = sorted(key for key in by_key if key not in found)
    # Sorted, so that two runs that miss the same artefacts take the locks in the same order and can't deadlock.
    with ExitStack() as locks:
        for key in missing:
            locks.enter_context(cache.locked(key, LOCK_WAIT_S))
            artefact, _ = cache.find(key)  # another run may have built it while this one waited
            if artefact:
                found[key] = (artefact, False)
        todo = [by_key[key] for key in missing if key not in found]
        # Compilers hold gigabytes; three builds on two cores fit in 8 GiB. Where no two workers fit, no two builds do.
        at_once = 1 if crew.alone else max(3, os.cpu_count() or 1)
        for begin in range(0, len(todo), at_once):
            found |= _build(crew, todo[begin : begin + at_once], cache)
    return found


def _build(crew: Crew, jobs: Sequence[_Job], cache: ArtefactCache) -> dict[str, tuple[Artefact, bool]]:
    """Export each job in a process of its own, side by side: a worker that is measured never hosts a compiler."""
    for job in jobs:
        if job.unavailable:
            crew.workers[job.variant.name].fail(FailureKind.UNAVAILABLE, job.unavailable)
    jobs = [job for job in jobs if crew.workers[job.variant.name].alive]
    builders = crew.hire([job.variant.name for job in jobs])
    built: dict[str, tuple[Artefact, bool]] = {}
    with released(builders):
        crew.ask_all(builders, "importing torch to export", "start", device=crew.device)
        crew.ask_all(builders, "building the model to export", "open", **crew.workload.recipe())
        drafts = [cache.draft(job.key, job.name) for job in jobs]
        for job, builder, draft in zip(jobs, builders, drafts, strict=True):
            if builder.alive:
                builder.ask("export", variant=asdict(job.variant), path=str(draft), kind=job.kind)
        answers = crew.gather(builders, "exporting")
        for job, builder, draft in zip(jobs, builders, drafts, strict=True):
            if builder in answers:
                answer = answers[builder]
                built[job.key] = (cache.keep(job.key, draft, answer["export_s"], answer["facts"]), True)
                continue
            cache.discard(draft)
            worker, failure = crew.workers[job.variant.name], builder.failure
            if worker.alive and failure is not None:
                worker.fail(failure.kind, f"export failed: {failure.sentence}", failure.details)
    return built


def load(
    crew: Crew, worker: Worker, variant: VariantSpec, files: dict[str, list[Any]], facts: Answer, cold: Cold
) -> None:
    """Load one at a time: cold figures are not measured beside each other's."""
    if not worker.alive:
        return
    if variant.exported:
        crew.ask(worker, "setting threads", "threads", count=facts["threads"])
    answer = crew.ask(worker, "loading", "load", variant=asdict(variant), files=files)
    if answer is not None:
        cold.load_s = answer["load_s"]
        crew.ask(worker, "settling", "settle")
