"""What a sentence is made of: its stages, what they give, and their arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jitgate.model.utterance import PipelineUtterance
from jitgate.pool.stages import count_arithmetic

if TYPE_CHECKING:
    from jitgate.pool.pool import WorkerPool
    from jitgate.pool.prepare import Ready


def utterance_of(pool: WorkerPool, scenario: str, ready: Ready) -> PipelineUtterance | None:
    """What a call of `scenario` says; None for a workload without stages. Counts its arithmetic."""
    if not ready.stages:
        return None
    said: dict[str, Any] = ready.utterances.get(scenario, {})
    gives = {name: stage["output"] for name, stage in ready.stages.items()}
    return PipelineUtterance(gives, operations=count_arithmetic(pool, scenario), **said)
