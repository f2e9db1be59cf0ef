"""The host's side of pipelines: which files the stages of variants need, and how the stages are run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from jitgate.model.answers import ExportContent, ModelFacts
from jitgate.model.artefact_file import StageVariant
from jitgate.model.errors import UsageError
from jitgate.model.failure import FailureKind
from jitgate.model.requests import CountStageFlops, DescribeStages, ReplaceStages
from jitgate.model.utterance import PipelineUtterance
from jitgate.model.variant import BASELINE, CONTROL, VariantSpec, arm
from jitgate.pool.pool import WorkerPool
from jitgate.pool.ready import WorkerFiles
from jitgate.pool.worker_process import Worker


class Wanted(NamedTuple):
    """Files that a worker needs: of its whole module, or of one `stage`. engine: how they are made."""

    worker: str
    stage: str | None
    engine: VariantSpec
    content: ExportContent

    def signatures(self, scenarios: Sequence[str]) -> list[str]:
        """Of the calls that `scenarios` make."""
        return sorted({kind for scenario in scenarios for kind in self.content.signatures.get(scenario, ())})


def wanted_by_stages(
    pool: WorkerPool, variants: Iterable[VariantSpec], facts: ModelFacts, role: str = ""
) -> list[Wanted]:
    """What the stages of `variants` need exported. UsageError for a stage that the workload does not have.

    role: of the checkout whose stages they are; a stage that it does not have fails its worker.
    """
    staged = [variant for variant in variants if variant.stages and pool.workers[arm(variant.name, role)].alive]
    for variant in staged:
        for stage, _ in variant.stages:
            if stage not in facts.stages:
                there = ", ".join(facts.stages) or "none"
                missing = f"a stage that {pool.workload.name!r} does not have: {stage!r} (there are: {there})"
                if not role:
                    raise UsageError(f"{variant.where}: {variant.name!r} names {missing}")
                pool.workers[arm(variant.name, role)].fail(FailureKind.RAISED, f"it names {missing}")
    staged = [variant for variant in staged if pool.workers[arm(variant.name, role)].alive]
    exported = sorted({stage for variant in staged for stage, engine in variant.stages if engine.exported})
    if not exported:
        return []
    baseline = pool.workers[arm(BASELINE, role)]
    contents = pool.ask(baseline, "describing stages", DescribeStages(tuple(exported)))
    if contents is None:
        why = baseline.failure.sentence if baseline.failure is not None else "it gave no answer"
        for variant in staged:
            if any(engine.exported for _, engine in variant.stages):
                sentence = f"{baseline.name} must describe the stages before they are exported, and failed: {why}"
                pool.workers[arm(variant.name, role)].fail(FailureKind.UNAVAILABLE, sentence)
        return []
    return [
        Wanted(arm(variant.name, role), stage, engine, contents[stage])
        for variant in staged
        for stage, engine in variant.stages
        if engine.exported
    ]


def wanted_of_tree(pool: WorkerPool, variants: Iterable[VariantSpec], role: str) -> list[Wanted]:
    """What the variants of a checkout need exported, each from the checkout's own model."""
    facts = pool.arms.facts.get(role)
    if facts is None:
        return []
    whole = [
        Wanted(name, None, variant, facts.content)
        for variant in variants
        if variant.exported and pool.workers[name := arm(variant.name, role)].alive
    ]
    return [*whole, *wanted_by_stages(pool, variants, facts, role)]


def load_stages(pool: WorkerPool, worker: Worker, variant: VariantSpec, files: WorkerFiles, facts: ModelFacts) -> float:
    """Let a worker that holds the pipeline time its stages, and run them as `variant` says; seconds that took."""
    if not facts.stages or variant.exported:
        return 0.0
    stages = tuple(StageVariant(stage, engine, files.get((worker.name, stage), {})) for stage, engine in variant.stages)
    loaded = pool.ask(worker, "loading stages", ReplaceStages(stages))
    return loaded or 0.0


def utterance_of(pool: WorkerPool, scenario: str, facts: ModelFacts | None) -> PipelineUtterance | None:
    """What a call of `scenario` says, with its operations by stage; None for a workload without stages.

    The control counts: what counting takes of memory would be seen in the baseline's.
    """
    if facts is None or not facts.stages:
        return None
    found = facts.utterances.get(scenario, PipelineUtterance(facts.stages))
    control = pool.workers.get(CONTROL)
    if control is None or not control.alive:
        return found
    counted = pool.ask(control, f"counting operations of {scenario}", CountStageFlops(scenario))
    return found if counted is None else replace(found, operations=counted)
