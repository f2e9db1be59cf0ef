"""What the host learns of a worker besides durations: its parity, its proof, and what it built anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jitgate.engines.registry import BASELINE
from jitgate.pool.pool import Crew
from jitgate.pool.worker_process import Worker
from jitgate.worker.accuracy import Parity


@dataclass(frozen=True)
class Examined:
    """What the first calls of a scenario showed of one worker.

    parity: None where its outputs could not be compared. instead: what it is instead of what its name says; None where
    it is on. rebuilds: cause -> how often, up to here; all of it before anything was timed.
    """

    parity: Parity | None = None
    instead: str | None = None
    rebuilds: Mapping[str, int] = field(default_factory=dict)


def examine(crew: Crew, worker: Worker, scenario: str) -> Examined:
    """Let the baseline write the right answers of `scenario`, others compare with them; then ask for its proof."""
    folder = str(crew.folder)
    if worker.name == BASELINE:
        greedy = crew.workload.greedy
        plain = None if greedy is None else greedy.as_plain()
        what = f"outputs of {scenario}"
        answer = crew.ask(worker, what, "write_outputs", scenario=scenario, folder=folder, greedy=plain)
    elif crew.workers[BASELINE].alive:
        answer = crew.ask(worker, f"comparing {scenario}", "compare_outputs", scenario=scenario, folder=folder)
    else:
        answer = None
    said = crew.ask(worker, "asking for its proof", "proof", scenario=None if answer else scenario)
    if said is None:
        return Examined()
    return Examined(None if answer is None else Parity(**answer), said["instead"], said["rebuilds"])


def examine_again(crew: Crew, scenario: str) -> dict[str, str]:
    """Worker -> what it is instead, where it is not on; one more call of `scenario` is watched."""
    answers = crew.ask_each(crew.workers.values(), "asking for proof again", "proof", scenario=scenario)
    return {worker.name: answer["instead"] for worker, answer in answers.items() if answer["instead"] is not None}


def doubts_of(examined: Mapping[str, Examined]) -> tuple[str, ...]:
    """What a reader should know of the right answers before trusting the figures."""
    baseline = examined.get(BASELINE, Examined()).parity
    if baseline is None or not baseline.not_finite:
        return ()
    return (
        f"eager's own output holds NaN or Inf ({baseline.not_finite} values), so that nothing can be compared with it",
    )
