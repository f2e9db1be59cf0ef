"""The files of exported engines: found in the cache, or built in processes of their own."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from perf.variants.registry import VariantSpec
from perf.workers.cache import Artefact, ArtefactCache
from perf.workers.content import digest_of
from perf.workers.crew import Crew, Progress, released
from perf.workers.directory import ready_made
from perf.workers.failure import FailureKind
from perf.workers.worker import Answer

if TYPE_CHECKING:
    from perf.workers.readiness import Ready

LOCK_WAIT_S = 1800.0
"""Another run may be compiling the same artefact; half an hour is longer than any export known here."""


@dataclass(frozen=True)
class _Found:
    """A file, whether it was built now, and the seconds that having it took this run."""

    artefact: Artefact
    built_now: bool
    fetch_s: float


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


def files_of(
    crew: Crew,
    exported: Sequence[VariantSpec],
    facts: Answer,
    scenarios: Sequence[str],
    cache: ArtefactCache,
    progress: Progress,
    ready: Ready,
) -> dict[str, dict[str, list[Any]]]:
    """For each exported variant: signature -> [path, facts]. What is missing is built; fills `ready`."""
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
        unique = list({each.artefact.path: each for each in artefacts.values()}.values())
        cold = ready.cold[name]
        cold.build_s = sum(each.artefact.export_s for each in unique)
        cold.artefact_bytes = sum(each.artefact.size_bytes for each in unique)
        cold.built_now = any(each.built_now for each in unique)
        cold.built_at = max((each.artefact.built_at for each in unique if each.artefact.built_at), default=None)
        cold.fetch_s = sum(each.fetch_s for each in unique)
        files[name] = {kind: [str(each.artefact.path), each.artefact.facts] for kind, each in artefacts.items()}
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


def _find_or_build(crew: Crew, jobs: Sequence[_Job], cache: ArtefactCache, progress: Progress) -> dict[str, _Found]:
    """By key. A job that fails fails its variant's worker."""
    by_key = {job.key: job for job in jobs}
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
        at_once = 1 if crew.alone else max(3, os.cpu_count() or 1)
        for begin in range(0, len(todo), at_once):
            found |= _build(crew, todo[begin : begin + at_once], cache)
    return found


def _build(crew: Crew, jobs: Sequence[_Job], cache: ArtefactCache) -> dict[str, _Found]:
    """Export each job in a process of its own, side by side: a worker that is measured never hosts a compiler."""
    began = time.perf_counter()
    for job in jobs:
        if job.unavailable:
            crew.workers[job.variant.name].fail(FailureKind.UNAVAILABLE, job.unavailable)
    jobs = [job for job in jobs if crew.workers[job.variant.name].alive]
    builders = crew.hire([job.variant.name for job in jobs])
    built: dict[str, _Found] = {}
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
                artefact = cache.keep(job.key, draft, answer["export_s"], answer["facts"])
                built[job.key] = _Found(artefact, True, time.perf_counter() - began)
                continue
            cache.discard(draft)
            worker, failure = crew.workers[job.variant.name], builder.failure
            if worker.alive and failure is not None:
                worker.fail(failure.kind, f"export failed: {failure.sentence}", failure.details)
    return built
