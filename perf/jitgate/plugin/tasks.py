"""What a session has to measure, from the cells that its tests need."""

from __future__ import annotations

from collections.abc import Collection

from jitgate.config.policy import Policy
from jitgate.measure.settings import MeasureTask
from jitgate.model.cell import Cell
from jitgate.model.variant import BASELINE


def tasks_of(policy: Policy, kind: str, needed: Collection[Cell]) -> dict[str, MeasureTask]:
    """Workload -> its task. kind: `cpu` or `cuda`.

    Baselines are measured too, selected or not: first the variants that the workload lists, in its order.
    """
    tasks = {}
    for workload in dict.fromkeys(cell.workload for cell in needed):
        cells = [cell for cell in needed if cell.workload == workload]
        reference_variants = frozenset({BASELINE, *(policy.baseline(cell, kind) for cell in cells)})
        wanted = reference_variants | {cell.variant for cell in cells}
        spec = policy.workloads[workload]
        names = (*spec.variants, *sorted(wanted - set(spec.variants)))
        tasks[workload] = MeasureTask(
            spec,
            tuple(policy.variants[name] for name in names if name in wanted),
            tuple(dict.fromkeys(cell.scenario for cell in cells)),
            reference_variants,
        )
    return tasks
