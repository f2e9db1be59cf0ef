"""From bare processes to workers that can take turns: build, export what is missing, load, one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from perf.errors import UsageProblem
from perf.variants.registry import BASELINE, CONTROL, VariantSpec
from perf.workers.cache import Artefact, ArtefactCache
from perf.workers.content import digest_of
from perf.workers.crew import Crew, Progress, released
from perf.workers.failure import FailureKind
from perf.workers.staging import EveryFile, Wanted, equip, kinds_of, wanted_by_stages
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
    """What preparing a crew found out."""

    cold: dict[str, Cold]
    threads: int | None = None
    weight_bytes: int = 0
    calls: dict[str, int] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)
    sentences: dict[str, Any] = field(default_factory=dict)
    weights: str = ""


@dataclass(frozen=True)
class _Job:
    """One file to export: for a variant, and for the calls of one signature (None: for all).

    unavailable: why it can't be exported here; it may still be in the cache. workers: those that need it. part: of a
    pipeline, what is exported of it.
    """

    variant: VariantSpec
    kind: str | None
    key: str
    name: str
    unavailable: str | None
    workers: tuple[str, ...]
    part: str | None = None


def make_ready(
    crew: Crew,
    variants: Sequence[VariantSpec],
    scenarios: Sequence[str],
    cache: ArtefactCache,
    progress: Progress,
) -> Ready:
    """Start `variants` (the baseline among them) and a control, and load each.

    A variant that fails has its `failure` set; without a living baseline nothing more is prepared.
    Raises UsageProblem for a factory that returns the wrong thing, unequal weights, or an unknown scenario.
    """
    by_name = {variant.name: variant for variant in variants}
    crew.start([*by_name, CONTROL])
    ready = Ready({name: Cold() for name in crew.workers})
    baseline = crew.workers[BASELINE]
    holders = [worker for name, worker in crew.workers.items() if name == CONTROL or not by_name[name].exported]
    # A pipeline fills gigabytes: while its stages are exported, only one worker holds it.
    staged = any(variant.stages for variant in variants)
    opened = _open(crew, [baseline] if staged else holders, ready)
    if not baseline.alive:
        _share_what_is_missing(crew)
        return ready
    facts = opened[baseline]
    _check_scenarios(crew, facts, scenarios)
    ready.threads, ready.weight_bytes, ready.calls = facts["threads"], facts["weight_bytes"], facts["calls"]
    ready.parts, ready.sentences = facts["parts"], facts["sentences"]
    exported = [variant for variant in variants if variant.exported and crew.workers[variant.name].alive]
    if exported:
        crew.ask(baseline, "saving inputs", "save_inputs", scenarios=list(scenarios), folder=str(crew.folder))
    wanted = [Wanted(variant.name, None, variant, facts) for variant in exported]
    wanted += wanted_by_stages(crew, variants, facts)
    files = _files(crew, wanted, scenarios, cache, progress, ready)
    if staged:
        _open(crew, [worker for worker in holders if worker is not baseline], ready)
    for name, worker in crew.workers.items():
        _load(crew, worker, by_name.get(name, by_name[BASELINE]), files, facts, ready.cold[name])
    return ready


def _open(crew: Crew, holders: Iterable[Worker], ready: Ready) -> dict[Worker, Answer]:
    workload = crew.workload
    opened = crew.ask_all(holders, "building the model", "open", factory=workload.factory, where=workload.where)
    for worker, facts in opened.items():
        cold = ready.cold[worker.name]
        cold.build_s = (cold.build_s or 0.0) + facts["build_s"]
        ready.weights = ready.weights or facts["weights"]
        if facts["weights"] != ready.weights:
            raise UsageProblem(
                f"{workload.where}: factory {workload.factory!r} gives other weights on each call, "
                "so its variants can't be compared; seed every generator it draws from"
            )
    return opened


def _share_what_is_missing(crew: Crew) -> None:
    """A model that can't be built here can't be built by any variant: all say so, in its own words."""
    failure = crew.workers[BASELINE].failure
    if failure is None or failure.kind is not FailureKind.UNAVAILABLE:
        return
    for worker in crew.workers.values():
        if worker.alive:
            worker.fail(failure.kind, failure.sentence)


def _check_scenarios(crew: Crew, facts: Answer, scenarios: Sequence[str]) -> None:
    for scenario in scenarios:
        if scenario not in facts["scenarios"]:
            raise UsageProblem(
                f"{crew.workload.where}: workload {crew.workload.name!r} has no scenario {scenario!r}; "
                f"its factory gives {', '.join(facts['scenarios'])}"
            )


def _files(
    crew: Crew,
    wanted: Sequence[Wanted],
    scenarios: Sequence[str],
    cache: ArtefactCache,
    progress: Progress,
    ready: Ready,
) -> EveryFile:
    """For each worker and part (None: the whole) that is exported."""
    jobs: dict[tuple[str, str | None], dict[str, _Job]] = {}
    for need in wanted:
        worker = crew.workers[need.worker]
        engine = crew.ask(worker, "reading its engine", "engine", variant=asdict(need.engine))
        if engine is not None:
            jobs[need.worker, need.part] = _jobs(crew, need, engine, kinds_of(need, scenarios))
    found = _find_or_build(crew, [job for of in jobs.values() for job in of.values()], cache, progress)
    files: EveryFile = {}
    for (name, part), of in jobs.items():
        artefacts = {kind: found[job.key] for kind, job in of.items() if job.key in found}
        if len(artefacts) < len(of):
            continue  # its worker has the failure
        unique = {artefact.path: (artefact, now) for artefact, now in artefacts.values()}
        cold = ready.cold[name]
        # Of a whole file, what its export took; of stages, what they took on top of the model.
        cold.build_s = (cold.build_s or 0.0) + sum(artefact.export_s for artefact, _ in unique.values())
        cold.artefact_bytes = (cold.artefact_bytes or 0) + sum(artefact.size_bytes for artefact, _ in unique.values())
        cold.built_now |= any(now for _, now in unique.values())
        files[name, part] = {kind: [str(artefact.path), artefact.facts] for kind, (artefact, _) in artefacts.items()}
    return files


def _jobs(crew: Crew, need: Wanted, engine: Answer, kinds: Sequence[str]) -> dict[str, _Job]:
    variant, facts = need.engine, need.facts
    stem = facts["artefact"] or crew.workload.name
    jobs = {}
    for kind in kinds:
        content: dict[str, object] = {
            "engine": engine["key"],
            "weights": facts["weights"],
            "source": facts["source"],
            "runtime": facts["runtime"],
        }
        if engine["per_signature"]:
            content |= {"signature": kind, "spread": facts["spread"][kind]}
        job_kind = kind if engine["per_signature"] else None
        name = f"{stem}.{variant.precision}{engine['suffix']}"
        key = f"{variant.name}-{digest_of(content)}"
        jobs[kind] = _Job(variant, job_kind, key, name, engine["unavailable"], (need.worker,), need.part)
    return jobs


def _find_or_build(
    crew: Crew, jobs: Sequence[_Job], cache: ArtefactCache, progress: Progress
) -> dict[str, tuple[Artefact, bool]]:
    """key -> (artefact, whether it was built now). A job that fails fails its variant's worker."""
    by_key: dict[str, _Job] = {}
    for job in jobs:
        others = by_key[job.key].workers if job.key in by_key else ()
        by_key[job.key] = replace(job, workers=tuple(dict.fromkeys((*others, *job.workers))))
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
        # compilers hold gigabytes; three builds on two cores fit in 8 GiB
        at_once = 1 if any(job.part for job in todo) else max(3, os.cpu_count() or 1)
        for begin in range(0, len(todo), at_once):
            found |= _build(crew, todo[begin : begin + at_once], cache)
    return found


def _build(crew: Crew, jobs: Sequence[_Job], cache: ArtefactCache) -> dict[str, tuple[Artefact, bool]]:
    """Export each job in a process of its own, side by side: a worker that is measured never hosts a compiler."""
    for job in jobs:
        if job.unavailable:
            _fail(crew, job, FailureKind.UNAVAILABLE, job.unavailable)
    jobs = [job for job in jobs if any(crew.workers[name].alive for name in job.workers)]
    builders = crew.hire([job.variant.name for job in jobs])
    built: dict[str, tuple[Artefact, bool]] = {}
    with released(builders):
        crew.ask_all(builders, "importing torch to export", "start", device=crew.device)
        workload = crew.workload
        crew.ask_all(builders, "building the model to export", "open", factory=workload.factory, where=workload.where)
        drafts = [cache.draft(job.key, job.name) for job in jobs]
        for job, builder, draft in zip(jobs, builders, drafts, strict=True):
            if builder.alive:
                builder.ask("export", variant=asdict(job.variant), path=str(draft), kind=job.kind, part=job.part)
        answers = crew.gather(builders, "exporting")
        for job, builder, draft in zip(jobs, builders, drafts, strict=True):
            if builder in answers:
                answer = answers[builder]
                built[job.key] = (cache.keep(job.key, draft, answer["export_s"], answer["facts"]), True)
                continue
            cache.discard(draft)
            if builder.failure is not None:
                failure = builder.failure
                _fail(crew, job, failure.kind, f"export failed: {failure.sentence}", failure.details)
    return built


def _fail(crew: Crew, job: _Job, kind: FailureKind, sentence: str, details: str = "") -> None:
    for name in job.workers:
        if crew.workers[name].alive:
            crew.workers[name].fail(kind, sentence, details)


def _load(crew: Crew, worker: Worker, variant: VariantSpec, files: EveryFile, facts: Answer, cold: Cold) -> None:
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


def bind(crew: Crew, scenario: str, cold: Mapping[str, Cold]) -> dict[str, float]:
    """Give every living worker the inputs of `scenario` and compare outputs with the baseline's.

    Returns the worst relative L2 distance per worker; fills `first_call_s`. One worker at a time.
    """
    folder = str(crew.folder)
    distances: dict[str, float] = {}
    order = sorted(crew.workers.values(), key=lambda worker: worker.name != BASELINE)  # the right answer comes first
    for worker in order:
        if not worker.alive:
            continue
        answer = crew.ask(worker, f"first call of {scenario}", "bind", scenario=scenario, folder=folder)
        if answer is None:
            continue
        if cold[worker.name].first_call_s is None:
            cold[worker.name].first_call_s = answer["first_call_s"]
        if worker.name == BASELINE:
            crew.ask(worker, f"outputs of {scenario}", "write_outputs", scenario=scenario, folder=folder)
            distances[worker.name] = 0.0
        else:
            compared = crew.ask(worker, f"comparing {scenario}", "compare_outputs", scenario=scenario, folder=folder)
            if compared is not None:
                distances[worker.name] = compared["rel_l2"]
        crew.ask(worker, "resetting its peak", "reset_peak")
        if not crew.workers[BASELINE].alive:
            break
    for leftover in Path(folder).glob(f"{scenario}.*.output.pt"):
        leftover.unlink()
    return distances
