"""What the host learns of a worker besides durations: its accuracy, its proof, and what it built anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jitgate.model.accuracy import Accuracy
from jitgate.model.variant import BASELINE
from jitgate.pool.pool import WorkerPool
from jitgate.pool.worker_process import Worker


@dataclass(frozen=True)
class Examined:
    """What the first calls of a scenario showed of one worker.

    accuracy: None where its outputs could not be compared. instead: what it is instead of what its name says; None
    where it is on. recompiles: cause -> how often, up to here; all of it before anything was timed.
    """

    accuracy: Accuracy | None = None
    fallback: str | None = None
    recompiles: Mapping[str, int] = field(default_factory=dict)


def examine(pool: WorkerPool, worker: Worker, scenario: str) -> Examined:
    """Let the baseline write the right answers of `scenario`, others compare with them; then ask for its proof."""
    folder = str(pool.folder)
    if worker.name == BASELINE:
        token_agreement = pool.workload.token_agreement
        plain = None if token_agreement is None else token_agreement.as_plain()
        what = f"outputs of {scenario}"
        answer = pool.ask(worker, what, "write_outputs", scenario=scenario, folder=folder, token_agreement=plain)
    elif pool.workers[BASELINE].alive:
        answer = pool.ask(worker, f"comparing {scenario}", "compare_outputs", scenario=scenario, folder=folder)
    else:
        answer = None
    said = pool.ask(worker, "asking for its proof", "proof", scenario=None if answer else scenario)
    if said is None:
        return Examined()
    return Examined(None if answer is None else Accuracy(**answer), said["fallback"], said["recompiles"])


def examine_again(pool: WorkerPool, scenario: str) -> dict[str, str]:
    """Worker -> what it is instead, where it is not on; one more call of `scenario` is watched."""
    answers = pool.ask_each(pool.workers.values(), "asking for proof again", "proof", scenario=scenario)
    return {worker.name: answer["fallback"] for worker, answer in answers.items() if answer["fallback"] is not None}


def doubts_of(examined: Mapping[str, Examined]) -> tuple[str, ...]:
    """What a reader should know of the right answers before trusting the figures."""
    baseline = examined.get(BASELINE, Examined()).accuracy
    if baseline is None or not baseline.not_finite:
        return ()
    return (
        f"eager's own output holds NaN or Inf ({baseline.not_finite} values), so that nothing can be compared with it",
    )
