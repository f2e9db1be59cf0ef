"""The host's side of variants that are given per stage: which files their stages need, and putting them to use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from jitgate.model.errors import UsageError
from jitgate.model.failure import FailureKind
from jitgate.model.variant import BASELINE, CONTROL, VariantSpec
from jitgate.pool.pool import WorkerPool
from jitgate.pool.worker_process import Answer, Worker

Files = dict[str, list[Any]]
"""Signature -> [path, facts]."""

EveryFile = dict[tuple[str, str | None], Files]
"""By worker, and by stage; None for the whole module."""


class Wanted(NamedTuple):
    """Files that a worker needs: of its whole module, or of one `stage`.

    engine: how they are made. facts: what they depend on, as `WorkerService.open` says it.
    """

    worker: str
    stage: str | None
    engine: VariantSpec
    facts: Answer


def wanted_by_stages(pool: WorkerPool, variants: Iterable[VariantSpec], facts: Answer) -> list[Wanted]:
    """What the stages of `variants` need exported. UsageError for a stage that the workload does not have."""
    staged = [variant for variant in variants if variant.stages and pool.workers[variant.name].alive]
    for variant in staged:
        for stage, _ in variant.stages:
            if stage not in facts["stages"]:
                there = ", ".join(facts["stages"]) or "none"
                raise UsageError(
                    f"{variant.where}: {variant.name!r} names a stage that {pool.workload.name!r} does not have: "
                    f"{stage!r} (there are: {there})"
                )
    exported = sorted({stage for variant in staged for stage, engine in variant.stages if engine.exported})
    if not exported:
        return []
    baseline = pool.workers[BASELINE]
    said = pool.ask(baseline, "describing stages", "stages", do="describe", stages=exported)
    if said is None:
        why = baseline.failure.sentence if baseline.failure is not None else "it gave no answer"
        for variant in staged:
            if any(engine.exported for _, engine in variant.stages):
                sentence = f"{BASELINE} has to describe the stages before they are exported, and failed: {why}"
                pool.workers[variant.name].fail(FailureKind.UNAVAILABLE, sentence)
        return []
    return [
        Wanted(variant.name, stage, engine, said[stage] | {"runtime": facts["runtime"]})
        for variant in staged
        for stage, engine in variant.stages
        if engine.exported
    ]


def equip(pool: WorkerPool, worker: Worker, variant: VariantSpec, files: EveryFile, facts: Answer) -> float:
    """Let a worker that holds the pipeline time its stages, and run its stages as `variant` says; seconds it took."""
    if not facts["stages"] or variant.exported:
        return 0.0
    stages = [[stage, asdict(engine), files.get((worker.name, stage), {})] for stage, engine in variant.stages]
    answer = pool.ask(worker, "loading stages", "stages", do="equip", stages=stages)
    return 0.0 if answer is None else float(answer["load_s"])


def count_arithmetic(pool: WorkerPool, scenario: str) -> dict[str, int]:
    """Operations of one call, by stage; see `jitgate.worker.stage_flops`. Empty where there are no stages.

    The control counts: what counting takes of memory would be seen in the baseline's.
    """
    control = pool.workers.get(CONTROL)
    if control is None or not control.alive:
        return {}
    return pool.ask(control, f"counting arithmetic of {scenario}", "stages", do="arithmetic", scenario=scenario) or {}


def kinds_of(wanted: Wanted, scenarios: Sequence[str]) -> list[str]:
    """Signatures of the calls that `scenarios` make."""
    return sorted({kind for scenario in scenarios for kind in wanted.facts["signatures"].get(scenario, ())})
