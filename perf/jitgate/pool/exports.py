"""The files of exported engines: found in the cache, or built in processes of their own."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from jitgate.cache.keys import digest_of
from jitgate.cache.store import Artefact, ArtefactCache
from jitgate.model.answers import EngineFacts, ExportedFile
from jitgate.model.artefact_file import ArtefactFile
from jitgate.model.failure import FailureKind
from jitgate.model.file_problem import file_problem
from jitgate.model.name import file_name
from jitgate.model.requests import DescribeEngine, ExportModel, StartWorker
from jitgate.model.variant import VariantSpec
from jitgate.pool.pool import WorkerPool, released
from jitgate.pool.pretrained_files import pretrained_file
from jitgate.pool.progress import Progress
from jitgate.pool.ready import Ready, WorkerFiles
from jitgate.pool.stages import Wanted
from jitgate.pool.worker_process import Worker

LOCK_WAIT_S = 1800.0
"""Another run may be compiling the same artefact; half an hour is longer than any export known here."""


_SMALL = re.compile(r"(?<=[\[,])[01](?=[,\]])")
"""A size that is a constant of an export, in a signature of `jitgate.worker.content`."""


@dataclass(frozen=True)
class _Found:
    """A file, whether it was built now, and the seconds this run took to have it."""

    artefact: Artefact
    built_now: bool
    fetch_s: float


@dataclass(frozen=True)
class Job:
    """One file to export: for a variant, and for the calls of one signature (None: for all).

    unavailable: why it can't be exported here; it may still be in the cache. workers: those that need it. values: of
    plain arguments, as `ExportContent` has them. stage: the stage of a pipeline; None for the whole.
    """

    variant: VariantSpec
    kind: str | None
    key: str
    name: str
    unavailable: str | None
    workers: tuple[str, ...]
    values: Mapping[str, int]
    stage: str | None = None


def files_of(
    pool: WorkerPool,
    wanted: Sequence[Wanted],
    scenarios: Sequence[str],
    cache: ArtefactCache,
    progress: Progress,
    ready: Ready,
) -> WorkerFiles:
    """For each worker and stage (None: the whole) that is exported. What is missing is built; fills
    `ready.cold_start`."""
    jobs: dict[tuple[str, str | None], dict[str, Job]] = {}
    files: WorkerFiles = {}
    for need in wanted:
        given = pretrained_file(pool.workload, need.engine) if need.stage is None else None
        if given is not None:
            file = ArtefactFile(given.path, given.facts)
            files[need.worker, None] = dict.fromkeys(need.signatures(scenarios), file)
            ready.cold_start[need.worker].artefact_bytes = given.size_bytes
            ready.notes += (given.note,)
            continue
        worker = pool.workers[need.worker]
        engine = pool.ask(worker, "reading its engine", DescribeEngine(need.engine))
        if engine is not None:
            jobs[need.worker, need.stage] = _jobs(pool, need, engine, ready.contents, scenarios)
    found = _find_or_build(pool, [job for of in jobs.values() for job in of.values()], cache, progress)
    for (name, stage), of in jobs.items():
        artefacts = {kind: found[job.key] for kind, job in of.items() if job.key in found}
        if len(artefacts) < len(of):
            continue  # its worker has the failure
        unique = list({each.artefact.path: each for each in artefacts.values()}.values())
        cold = ready.cold_start[name]
        # Of a whole file, what its export took; of stages, what they took on top of the model.
        cold.build_s = (cold.build_s or 0.0) + sum(each.artefact.export_s for each in unique)
        cold.artefact_bytes = (cold.artefact_bytes or 0) + sum(each.artefact.size_bytes for each in unique)
        cold.built_now |= any(each.built_now for each in unique)
        cold.built_at = max(
            (each.artefact.built_at for each in unique if each.artefact.built_at), default=cold.built_at
        )
        cold.fetch_s = (cold.fetch_s or 0.0) + sum(each.fetch_s for each in unique)
        files[name, stage] = {
            kind: ArtefactFile(each.artefact.path, each.artefact.facts) for kind, each in artefacts.items()
        }
    return files


def _jobs(
    pool: WorkerPool, need: Wanted, engine: EngineFacts, contents: Mapping[str, str], scenarios: Sequence[str]
) -> dict[str, Job]:
    variant, content = need.engine, need.content
    stem = content.artefact or pool.workload.name
    jobs = {}
    for kind in need.signatures(scenarios):
        parts: dict[str, object] = {
            "engine": engine.key,
            "weights": content.weights,
            "source": content.source,
            "runtime": content.runtime,
            **contents,
        }
        if engine.per_signature:
            parts |= {"signature": kind, "spread": content.spread[kind]}
        job_kind = kind if engine.per_signature else None
        name = f"{file_name(stem)}.{variant.precision}{engine.suffix}"
        key = f"{file_name(variant.name)}-{digest_of(parts)}"
        jobs[kind] = Job(variant, job_kind, key, name, engine.unavailable, (need.worker,), content.values, need.stage)
    return jobs


def _find_or_build(
    pool: WorkerPool, jobs: Sequence[Job], cache: ArtefactCache, progress: Progress
) -> dict[str, _Found]:
    """By key. A job that fails fails its variant's worker."""
    by_key: dict[str, Job] = {}
    for job in jobs:
        others = by_key[job.key].workers if job.key in by_key else ()
        by_key[job.key] = replace(job, workers=tuple(dict.fromkeys((*others, *job.workers))))
    found: dict[str, _Found] = {}
    for key in by_key:
        began = time.perf_counter()
        artefact, warning = cache.find(key)
        if warning:
            progress.note(warning)
        if artefact:
            found[key] = _Found(artefact, False, time.perf_counter() - began)
    missing = sorted(key for key in by_key if key not in found)
    # Sorted, so that two runs that miss the same artefacts take the locks in the same order and can't deadlock.
    with ExitStack() as locks:
        for key in missing:
            began = time.perf_counter()
            locks.enter_context(cache.locked(key, LOCK_WAIT_S))
            artefact, _ = cache.find(key)  # another run may have built it while this one waited
            if artefact:
                found[key] = _Found(artefact, False, time.perf_counter() - began)
        todo = [by_key[key] for key in missing if key not in found]
        # Compilers hold gigabytes; three builds on two cores fit in 8 GiB. Where no two workers fit, no two builds do.
        at_once = 1 if pool.exclusive or any(job.stage for job in todo) else max(3, os.cpu_count() or 1)
        for line in told(todo):
            progress.note(f"{pool.workload.name}: {line}")
        for begin in range(0, len(todo), at_once):
            part = todo[begin : begin + at_once]
            which = f" {begin + 1} to {begin + len(part)} of {len(todo)}" if len(todo) > at_once else ""
            found |= _build(pool, part, cache, which)
    return found


def told(todo: Sequence[Job]) -> Iterator[str]:
    """Before the first is built: how many files each variant needs, and why, where it is more than one."""
    for variant, stage in dict.fromkeys((job.variant.name, job.stage) for job in todo):
        jobs = [job for job in todo if (job.variant.name, job.stage) == (variant, stage) and not job.unavailable]
        if len(jobs) < 2:
            continue
        values = {name: min(count, len(jobs)) for name, count in jobs[0].values.items()}
        if values:
            why = " and ".join(f"{count} values of {name}" for name, count in values.items())
            way = "make it a size of a tensor, which is free"
        elif len({_SMALL.sub("n", job.kind or "") for job in jobs}) == 1:
            why, way = "sizes of 1, which are constants of a package", "give tensors sizes of 2 and more"
        else:
            why, way = "as many kinds of inputs", "give its tensors one type"
        yield f"{variant}: {len(jobs)} packages will be built, for {why}; to have one, {way}, or leave {variant} out"


def _build(pool: WorkerPool, jobs: Sequence[Job], cache: ArtefactCache, which: str) -> dict[str, _Found]:
    """Export each job in a process of its own, side by side: a worker that is measured never hosts a compiler.

    which: of all the exports, for the progress; "" for all of them.
    """
    began = time.perf_counter()
    for job in jobs:
        if job.unavailable:
            _fail(pool, job, FailureKind.UNAVAILABLE, job.unavailable)
    jobs = [job for job in jobs if any(pool.workers[name].alive for name in job.workers)]
    builders = pool.spawn([job.workers[0] for job in jobs])
    built: dict[str, _Found] = {}
    with released(builders):
        pool.ask_all(builders, f"importing torch to export{which}", StartWorker(pool.device))
        pool.arms.enter(pool, builders)
        pool.ask_all(builders, f"building the model to export{which}", pool.workload.recipe())
        pool.arms.prove(pool, builders)
        drafts = [_draft(pool, job, cache) for job in jobs]
        for job, builder, draft in zip(jobs, builders, drafts, strict=True):
            if builder.alive and draft is not None:
                builder.ask(ExportModel(job.variant, draft, job.kind, job.stage))
        exported: dict[Worker, ExportedFile] = pool.gather(builders, f"exporting{which}")
        for job, builder, draft in zip(jobs, builders, drafts, strict=True):
            if draft is None:
                continue
            artefact = _keep(pool, job, cache, draft, exported[builder]) if builder in exported else None
            if artefact is not None:
                built[job.key] = _Found(artefact, True, time.perf_counter() - began)
                continue
            cache.discard(draft)
            if builder.failure is not None:
                failure = builder.failure
                _fail(pool, job, failure.kind, f"export failed: {failure.sentence}", failure.details)
    return built


def _draft(pool: WorkerPool, job: Job, cache: ArtefactCache) -> Path | None:
    try:
        return cache.draft(job.key, job.name)
    except OSError as error:
        _fail(pool, job, FailureKind.RAISED, f"its file could not be written: {file_problem(error)}")
        return None


def _keep(pool: WorkerPool, job: Job, cache: ArtefactCache, draft: Path, file: ExportedFile) -> Artefact | None:
    try:
        return cache.keep(job.key, draft, file.export_s, file.facts)
    except OSError as error:
        _fail(pool, job, FailureKind.RAISED, f"its file could not be kept: {file_problem(error)}")
        return None


def _fail(pool: WorkerPool, job: Job, kind: FailureKind, sentence: str, details: str = "") -> None:
    for name in job.workers:
        if pool.workers[name].alive:
            pool.workers[name].fail(kind, sentence, details)
