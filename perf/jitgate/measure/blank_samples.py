"""What is known of each worker before its first turn."""

from __future__ import annotations

from collections.abc import Mapping

from jitgate.measure.audited import dropped_work, unrepeated
from jitgate.measure.settings import MeasureTask
from jitgate.model.figures import UnseenShapes
from jitgate.model.samples import Samples
from jitgate.model.timed_outputs import TimedOutputs
from jitgate.model.tolerance import tolerance
from jitgate.model.variant import BASELINE
from jitgate.pool.binding import Checked, FirstCalls
from jitgate.pool.pool import WorkerPool
from jitgate.pool.ready import Ready


def blank_samples(
    pool: WorkerPool,
    ready: Ready,
    task: MeasureTask,
    checked: Mapping[str, Checked],
    first_calls: Mapping[str, FirstCalls],
    scenario: str,
) -> dict[str, Samples]:
    """Worker -> its samples without durations."""
    precision = {name: variant.roughest for name, variant in ready.variants.items()}
    probe = pool.audit.probes.get(scenario)
    problems = {
        name: unrepeated(probe)
        or dropped_work(probe, exported=ready.variants[name].exported or checked.get(name, Checked()).recorded)
        for name in pool.workers
        if name != BASELINE
    }
    return {
        name: Samples(
            name,
            (),
            (),
            (),
            ready.cold_start[name],
            precision=precision.get(name, "fp32"),
            accuracy=found.accuracy,
            tolerance=tolerance(precision.get(name, "fp32"), task.workload.tolerance),
            fallback=found.fallback,
            warm_up_recompiles=found.recompiles,
            failure=worker.failure,
            warm_s=first_calls[name].calls_s if name in first_calls else (),
            unseen_shapes=first_calls[name].unseen_shapes if name in first_calls else UnseenShapes(),
            timed_outputs=TimedOutputs(problem=problems[name]) if problems.get(name) else None,
        )
        for name, worker in pool.workers.items()
        for found in [checked.get(name, Checked())]
    }
