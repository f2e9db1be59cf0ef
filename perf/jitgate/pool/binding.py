"""The inputs of a scenario, the first calls, and whether the output is the right one: one worker at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jitgate.model.accuracy import Accuracy
from jitgate.model.cold_start import ColdStart
from jitgate.model.figures import UnseenShapes
from jitgate.model.name import file_name
from jitgate.model.partly_quantised import PartlyQuantised
from jitgate.model.probe_baseline import ProbeBaseline
from jitgate.model.requests import (
    BecomeSteady,
    CheckFallback,
    CompareOutputs,
    MakeFirstCall,
    ResetPeak,
    TimeUnseenShapes,
    WriteOutputs,
)
from jitgate.model.variant import BASELINE, is_variant
from jitgate.pool.arms import is_told_of
from jitgate.pool.pool import WorkerPool
from jitgate.pool.worker_process import Worker
from jitgate.statistics.steadiness import HALF

ALLOWING = 'measure it all the same with partly_quantised = "allow" in the table of the workload'


@dataclass(frozen=True)
class Checked:
    """What the first calls of a scenario showed of one worker.

    accuracy: None where its outputs could not be compared. fallback: what ran instead of the variant; None where the
    variant itself ran. recompiles: cause -> count, all of them before anything was timed. partly: what the variant left
    as it was, where the workload allows that. recorded: see `FallbackCheck`.
    """

    accuracy: Accuracy | None = None
    fallback: str | None = None
    recompiles: Mapping[str, int] = field(default_factory=dict)
    partly: str | None = None
    recorded: bool = False


@dataclass(frozen=True)
class FirstCalls:
    """calls_s: seconds of a worker's calls in one scenario from the first one on, equal inputs, until they were steady.

    unseen_shapes: of a scenario of many sizes, what its other sizes cost.
    """

    calls_s: tuple[float, ...]
    unseen_shapes: UnseenShapes = field(default_factory=UnseenShapes)


def bind(
    pool: WorkerPool, scenario: str, cold: Mapping[str, ColdStart], first_calls: dict[str, FirstCalls] | None = None
) -> dict[str, Checked]:
    """Give every living worker the inputs of `scenario`, and compare its outputs with the baseline's, where it has any.

    Returns what that showed of each worker; fills `first_call_s`, and `first_calls` where it is given.
    """
    checked: dict[str, Checked] = {}
    order = sorted(pool.workers.values(), key=lambda worker: worker.name != BASELINE)  # the right answer comes first
    for worker in order:
        found = bind_one(pool, worker, scenario, cold[worker.name], first_calls) if worker.alive else None
        if found is not None:
            checked[worker.name] = found
    forget_outputs(pool, scenario)
    return checked


def bind_one(
    pool: WorkerPool,
    worker: Worker,
    scenario: str,
    cold: ColdStart,
    first_calls: dict[str, FirstCalls] | None = None,
) -> Checked | None:
    """As `bind`, for one worker; the baseline's outputs are kept as the right ones. None where no call was made."""
    first_s = first_call(pool, worker, scenario, cold)
    if first_s is None:
        return None
    if first_calls is not None:
        found = first_calls[worker.name] = _become_steady(pool, worker, scenario, first_s)
        cold.warm_s = cold.warm_s or found.calls_s
    checked = _check(pool, worker, scenario)
    if is_told_of(worker):
        pool.arms.prove(pool, [worker])
    begin_steady(pool, worker)
    return checked


def first_call(pool: WorkerPool, worker: Worker, scenario: str, cold: ColdStart) -> float | None:
    """Seconds of the first call; None where the worker failed."""
    found = pool.ask(worker, f"first call of {scenario}", MakeFirstCall(scenario, pool.folder))
    if found is None:
        return None
    if cold.first_call_s is None:
        cold.first_call_s, cold.compilation = found.first_call_s, found.compilation
    return found.first_call_s


def begin_steady(pool: WorkerPool, worker: Worker) -> None:
    """The memory of steady calls begins here; what the allocator does not know of is known by now."""
    found = pool.ask(worker, "resetting its peak", ResetPeak())
    if found is not None:
        pool.memory_attribution.note_allocator(worker.name, found.level_bytes)


def forget_outputs(pool: WorkerPool, scenario: str) -> None:
    """Remove the right outputs, which may be large, once all workers have been compared."""
    for leftover in pool.folder.glob(f"{file_name(scenario)}.*.output.pt"):
        leftover.unlink()


def fallbacks(pool: WorkerPool, scenario: str) -> dict[str, str]:
    """Worker -> what ran instead of its variant, of those that fell back; one more call of `scenario` is watched."""
    found = pool.ask_each(pool.workers.values(), "checking for fallbacks again", CheckFallback(scenario))
    return {worker.name: answer.fallback for worker, answer in found.items() if answer.fallback is not None}


def warnings_of(checked: Mapping[str, Checked]) -> tuple[str, ...]:
    """What a reader must know of the right answers, and of what was run, before trusting the figures."""
    parts = tuple(f"{name} {found.partly}" for name, found in checked.items() if found.partly)
    baseline = checked.get(BASELINE, Checked()).accuracy
    if baseline is None or not baseline.not_finite:
        return parts
    count = baseline.not_finite
    return (f"eager's own output holds NaN or Inf ({count} values), so nothing can be compared with it", *parts)


def _become_steady(pool: WorkerPool, worker: Worker, scenario: str, first_call_s: float) -> FirstCalls:
    """Call until it is steady, and then at the scenario's other sizes; alone, so that nothing disturbs it."""
    if worker.name == BASELINE and 2 * HALF * first_call_s > pool.warm_up_s:
        pool.announce(
            f"{scenario}: a call takes {first_call_s:.3g} s, so that each worker stops warming up after "
            f"{pool.warm_up_s:.3g} s, the budget, whether it is steady or not"
        )
    steady = pool.ask(worker, f"warming up in {scenario}", BecomeSteady(scenario, first_call_s, pool.warm_up_s))
    shapes = None
    if is_variant(worker.name):
        shapes = pool.ask(worker, f"unseen shapes of {scenario}", TimeUnseenShapes(scenario))
    return FirstCalls(steady or (first_call_s,), shapes or UnseenShapes())


def _check(pool: WorkerPool, worker: Worker, scenario: str) -> Checked:
    """Let the baseline write the right answers, others compare with them; then ask whether the variant fell back."""
    accuracy = None
    if worker.name == BASELINE:
        write = WriteOutputs(scenario, pool.folder, pool.workload.token_agreement, pool.workload.non_finite)
        accuracy = pool.ask(worker, f"outputs of {scenario}", write)
        probe = pool.ask(worker, f"eager again in {scenario}", ProbeBaseline(scenario, pool.audit.seed))
        if probe is not None:
            pool.audit.fixed[scenario], pool.audit.probes[scenario] = probe.fixed, probe
    elif pool.workers[BASELINE].alive:
        accuracy = pool.ask(worker, f"comparing {scenario}", CompareOutputs(scenario, pool.folder))
    check = CheckFallback(None if accuracy else scenario)
    found = pool.ask(worker, "checking for a fallback", check)
    if found is None:
        return Checked()
    if pool.workload.partly_quantised is PartlyQuantised.ALLOW:
        return Checked(accuracy, found.fallback, found.recompiles, found.partly, found.recorded)
    partly = found.partly and f"{found.partly}; {ALLOWING}"
    return Checked(accuracy, found.fallback or partly, found.recompiles, recorded=found.recorded)
