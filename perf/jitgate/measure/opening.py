"""What a set of workers is started with, as the settings of a run want it."""

from __future__ import annotations

from collections.abc import Sequence

from jitgate.measure.settings import MeasureTask, RunSettings
from jitgate.model.variant import CONTROL
from jitgate.pool.memory_attribution import DeviceMemoryAttribution
from jitgate.pool.memory_estimator import MemoryRecords
from jitgate.pool.pool import WorkerPool
from jitgate.pool.residency import Residency, ResidencyPlanner


def new_pool(task: MeasureTask, settings: RunSettings) -> WorkerPool:
    """A pool of the workload, with no worker yet."""
    pool = WorkerPool(
        task.workload,
        settings.device,
        settings.progress,
        settings.timeout_s,
        settings.enforced_bytes,
        DeviceMemoryAttribution(settings.room if settings.card_uuid else None),
    )
    pool.audit.seed = settings.seed
    if settings.budget_s is not None:
        pool.warm_up_s = settings.budget_s
    if settings.base is not None:
        pool.arms.trees, pool.arms.kept = settings.base.trees, settings.base.kept
    return pool


def planner_of(task: MeasureTask, settings: RunSettings, batch: Sequence[str]) -> ResidencyPlanner:
    """batch: variants that were planned to fit: what was learned of them meanwhile does not split them again."""
    records = MemoryRecords(settings.cache.folder("memory_records"))
    residency = Residency.CONCURRENT if batch else settings.residency
    references = task.reference_variants | {CONTROL}
    return ResidencyPlanner(residency, settings.room, records, settings.memory_limit_bytes, references)
