"""How a worker gets going in a scenario, call by call, before it takes turns. The host's side."""

from __future__ import annotations

from dataclasses import dataclass, field

from jitgate.model.variant import CONTROL
from jitgate.pool.pool import WorkerPool
from jitgate.pool.worker_process import Answer, Worker


@dataclass(frozen=True)
class Started:
    """A worker's first calls in one scenario.

    calls_s: seconds of its calls from the first one on, equal inputs, until they were steady. lengths: as
    `Extras.lengths` answers, for a scenario of many sizes.
    """

    calls_s: tuple[float, ...]
    lengths: Answer = field(default_factory=dict)


def get_going(pool: WorkerPool, worker: Worker, scenario: str, first_call_s: float) -> Started:
    """Call until it is steady, and then at the scenario's other lengths; alone, so that nobody is in the way."""
    what = f"warming up in {scenario}"
    steady = pool.ask(worker, what, "get_steady", scenario=scenario, first_call_s=first_call_s)
    lengths = None
    if worker.name != CONTROL:
        lengths = pool.ask(worker, f"new lengths of {scenario}", "lengths", scenario=scenario, folder=None)
    return Started(tuple(steady["calls_s"]) if steady else (first_call_s,), lengths or {})
