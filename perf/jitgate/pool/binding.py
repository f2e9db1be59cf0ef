"""The inputs of a scenario, the first call, and whether the output is the right one: one worker at a time."""

from __future__ import annotations

from collections.abc import Mapping

from jitgate.engines.registry import BASELINE
from jitgate.model.cold_start import Cold
from jitgate.pool.examination import Examined, examine
from jitgate.pool.pool import Crew
from jitgate.pool.warm_up import Started, get_going
from jitgate.pool.worker_process import Worker
from jitgate.worker.compilation import Compilation


def bind(
    crew: Crew, scenario: str, cold: Mapping[str, Cold], started: dict[str, Started] | None = None
) -> dict[str, Examined]:
    """Give every living worker the inputs of `scenario`, compare outputs with the baseline's, where that has any, and
    ask for its proof.

    Returns what that showed per worker; fills `first_call_s`, and `started` where it is given. One worker at a time.
    """
    examined: dict[str, Examined] = {}
    order = sorted(crew.workers.values(), key=lambda worker: worker.name != BASELINE)  # the right answer comes first
    for worker in order:
        found = bind_one(crew, worker, scenario, cold[worker.name], started) if worker.alive else None
        if found is not None:
            examined[worker.name] = found
    forget_outputs(crew, scenario)
    return examined


def bind_one(
    crew: Crew, worker: Worker, scenario: str, cold: Cold, started: dict[str, Started] | None = None
) -> Examined | None:
    """As `bind`, for one worker; the baseline's outputs are kept as the right ones. None where no call was made."""
    first_s = first_call(crew, worker, scenario, cold)
    if first_s is None:
        return None
    if started is not None:
        started[worker.name] = get_going(crew, worker, scenario, first_s)
        cold.warm_s = cold.warm_s or started[worker.name].calls_s
    found = examine(crew, worker, scenario)
    begin_steady(crew, worker)
    return found


def first_call(crew: Crew, worker: Worker, scenario: str, cold: Cold) -> float | None:
    """Inputs and first call: the seconds of that; None where the worker failed."""
    answer = crew.ask(worker, f"first call of {scenario}", "bind", scenario=scenario, folder=str(crew.folder))
    if answer is None:
        return None
    if cold.first_call_s is None:
        cold.first_call_s = answer["first_call_s"]
        said = answer.get("compilation")
        cold.compilation = None if said is None else Compilation(**said | {"scenario": scenario})
    return float(answer["first_call_s"])


def begin_steady(crew: Crew, worker: Worker) -> None:
    """Memory of steady calls begins here, and what lies beside the allocator is known by now."""
    answer = crew.ask(worker, "resetting its peak", "reset_peak")
    if answer is not None:
        crew.ledger.settle(worker.name, int(answer["level_bytes"]))


def forget_outputs(crew: Crew, scenario: str) -> None:
    """The right outputs may be large; once all have been compared, nobody needs them."""
    for leftover in crew.folder.glob(f"{scenario}.*.output.pt"):
        leftover.unlink()
