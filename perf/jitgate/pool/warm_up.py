"""How a worker gets going in a scenario, call by call, before it takes turns. The host's side."""

from __future__ import annotations

from dataclasses import dataclass, field

from jitgate.engines.registry import CONTROL
from jitgate.pool.pool import Crew
from jitgate.pool.worker_process import Answer, Worker


@dataclass(frozen=True)
class Started:
    """A worker's first calls in one scenario.

    calls_s: seconds of its calls from the first one on, equal inputs, until they were steady. lengths: as
    `Beside.lengths` answers, for a scenario of many sizes.
    """

    calls_s: tuple[float, ...]
    lengths: Answer = field(default_factory=dict)


def get_going(crew: Crew, worker: Worker, scenario: str, first_call_s: float) -> Started:
    """Call until it is steady, and then at the scenario's other lengths; alone, so that nobody is in the way."""
    what = f"warming up in {scenario}"
    steady = crew.ask(worker, what, "get_steady", scenario=scenario, first_call_s=first_call_s)
    lengths = None
    if worker.name != CONTROL:
        lengths = crew.ask(worker, f"new lengths of {scenario}", "lengths", scenario=scenario, folder=None)
    return Started(tuple(steady["calls_s"]) if steady else (first_call_s,), lengths or {})
