"""In the place of a baseline that does not fit: a process without a cap that knows the model, and is never measured."""

from __future__ import annotations

from collections.abc import Sequence

from jitgate.model.failure import FailureKind
from jitgate.model.variant import BASELINE
from jitgate.pool.pool import WorkerPool, released
from jitgate.pool.worker_process import Answer


def stand_in(pool: WorkerPool, scenarios: Sequence[str]) -> Answer | None:
    """What the baseline would have told of the model, and its inputs in the pool's folder, so that the others can load.

    None where the baseline failed for another reason than memory, or where the model can't be built here even without
    a cap. The process has ended when this returns: it holds a whole model.
    """
    failure = pool.workers[BASELINE].failure
    if failure is None or failure.kind is not FailureKind.OUT_OF_MEMORY:
        return None
    (helper,) = helpers = pool.spawn([BASELINE])
    with released(helpers):
        pool.ask(helper, "importing torch", "start", device=pool.device)
        facts = pool.ask(helper, "building the model without a cap", "open", **pool.workload.recipe())
        if facts is not None:
            pool.ask(helper, "saving inputs", "save_inputs", scenarios=list(scenarios), folder=str(pool.folder))
    return facts
