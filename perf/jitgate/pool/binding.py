"""The inputs of a scenario, the first call, and whether the output is the right one: one worker at a time."""

from __future__ import annotations

from collections.abc import Mapping

from jitgate.model.cold_start import ColdStart
from jitgate.model.compilation import Compilation
from jitgate.model.variant import BASELINE
from jitgate.pool.examination import Examined, examine
from jitgate.pool.pool import WorkerPool
from jitgate.pool.warm_up import Started, get_going
from jitgate.pool.worker_process import Worker


def bind(
    pool: WorkerPool, scenario: str, cold: Mapping[str, ColdStart], started: dict[str, Started] | None = None
) -> dict[str, Examined]:
    """Give every living worker the inputs of `scenario`, compare outputs with the baseline's, where that has any, and
    ask for its proof.

    Returns what that showed per worker; fills `first_call_s`, and `started` where it is given. One worker at a time.
    """
    examined: dict[str, Examined] = {}
    order = sorted(pool.workers.values(), key=lambda worker: worker.name != BASELINE)  # the right answer comes first
    for worker in order:
        found = bind_one(pool, worker, scenario, cold[worker.name], started) if worker.alive else None
        if found is not None:
            examined[worker.name] = found
    forget_outputs(pool, scenario)
    return examined


def bind_one(
    pool: WorkerPool, worker: Worker, scenario: str, cold: ColdStart, started: dict[str, Started] | None = None
) -> Examined | None:
    """As `bind`, for one worker; the baseline's outputs are kept as the right ones. None where no call was made."""
    first_s = first_call(pool, worker, scenario, cold)
    if first_s is None:
        return None
    if started is not None:
        started[worker.name] = get_going(pool, worker, scenario, first_s)
        cold.warm_s = cold.warm_s or started[worker.name].calls_s
    found = examine(pool, worker, scenario)
    begin_steady(pool, worker)
    return found


def first_call(pool: WorkerPool, worker: Worker, scenario: str, cold: ColdStart) -> float | None:
    """Inputs and first call: the seconds of that; None where the worker failed."""
    answer = pool.ask(worker, f"first call of {scenario}", "bind", scenario=scenario, folder=str(pool.folder))
    if answer is None:
        return None
    if cold.first_call_s is None:
        cold.first_call_s = answer["first_call_s"]
        said = answer.get("compilation")
        cold.compilation = None if said is None else Compilation(**said | {"scenario": scenario})
    return float(answer["first_call_s"])


def begin_steady(pool: WorkerPool, worker: Worker) -> None:
    """Memory of steady calls begins here, and what lies beside the allocator is known by now."""
    answer = pool.ask(worker, "resetting its peak", "reset_peak")
    if answer is not None:
        pool.memory_attribution.settle(worker.name, int(answer["level_bytes"]))


def forget_outputs(pool: WorkerPool, scenario: str) -> None:
    """The right outputs may be large; once all have been compared, nobody needs them."""
    for leftover in pool.folder.glob(f"{scenario}.*.output.pt"):
        leftover.unlink()
