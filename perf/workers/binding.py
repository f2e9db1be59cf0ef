"""The inputs of a scenario, the first call, and whether the output is the right one: one worker at a time."""

from __future__ import annotations

from collections.abc import Mapping

from perf.variants.registry import BASELINE
from perf.workers.crew import Crew
from perf.workers.readiness import Cold
from perf.workers.worker import Worker


def bind(crew: Crew, scenario: str, cold: Mapping[str, Cold]) -> dict[str, float]:
    """Give every living worker the inputs of `scenario` and compare outputs with the baseline's, where that has any.

    Returns the worst relative L2 distance per worker; fills `first_call_s`. One worker at a time.
    """
    distances: dict[str, float] = {}
    order = sorted(crew.workers.values(), key=lambda worker: worker.name != BASELINE)  # the right answer comes first
    for worker in order:
        distance = bind_one(crew, worker, scenario, cold[worker.name]) if worker.alive else None
        if distance is not None:
            distances[worker.name] = distance
    forget_outputs(crew, scenario)
    return distances


def bind_one(crew: Crew, worker: Worker, scenario: str, cold: Cold) -> float | None:
    """As `bind`, for one worker; the baseline's outputs are kept as the right ones. None where it failed on the way."""
    if not first_call(crew, worker, scenario, cold):
        return None
    folder = str(crew.folder)
    if worker.name == BASELINE:
        crew.ask(worker, f"outputs of {scenario}", "write_outputs", scenario=scenario, folder=folder)
        distance: float | None = 0.0
    elif crew.workers[BASELINE].alive:
        compared = crew.ask(worker, f"comparing {scenario}", "compare_outputs", scenario=scenario, folder=folder)
        distance = None if compared is None else compared["rel_l2"]
    else:
        distance = None
    begin_steady(crew, worker)
    return distance


def first_call(crew: Crew, worker: Worker, scenario: str, cold: Cold) -> bool:
    """Inputs and first call; False where the worker failed."""
    answer = crew.ask(worker, f"first call of {scenario}", "bind", scenario=scenario, folder=str(crew.folder))
    if answer is None:
        return False
    if cold.first_call_s is None:
        cold.first_call_s = answer["first_call_s"]
    return True


def begin_steady(crew: Crew, worker: Worker) -> None:
    """Memory of steady calls begins here, and what lies beside the allocator is known by now."""
    answer = crew.ask(worker, "resetting its peak", "reset_peak")
    if answer is not None:
        crew.ledger.settle(worker.name, int(answer["level_bytes"]))


def forget_outputs(crew: Crew, scenario: str) -> None:
    """The right outputs may be large; once all have been compared, nobody needs them."""
    for leftover in crew.folder.glob(f"{scenario}.*.output.pt"):
        leftover.unlink()
