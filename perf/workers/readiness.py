"""From bare processes to workers that can take turns: build, export what is missing, load, one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from perf.errors import UsageProblem
from perf.variants.registry import BASELINE, CONTROL, VariantSpec
from perf.workers.cache import ArtefactCache
from perf.workers.cold import Cold
from perf.workers.crew import Crew, Progress
from perf.workers.examination import Examined, examine
from perf.workers.exports import files_of
from perf.workers.stand_in import stand_in
from perf.workers.warming import Started, get_going
from perf.workers.worker import Answer, Worker


@dataclass
class Ready:
    """What preparing a crew found out."""

    cold: dict[str, Cold]
    threads: int | None = None
    weight_bytes: int = 0
    calls: dict[str, int] = field(default_factory=dict)


def make_ready(
    crew: Crew,
    variants: Sequence[VariantSpec],
    scenarios: Sequence[str],
    cache: ArtefactCache,
    progress: Progress,
) -> Ready:
    """Start `variants` (the baseline among them) and a control, and load each.

    A variant that fails has its `failure` set. Where nothing can be known of the model without the baseline, all fail.
    Raises UsageProblem for a factory that returns the wrong thing, unequal weights, or an unknown scenario.
    """
    by_name = {variant.name: variant for variant in variants}
    crew.start([*by_name, CONTROL])
    ready = Ready({name: Cold() for name in crew.workers})
    opened = _open(crew, by_name, ready)
    baseline = crew.workers[BASELINE]
    facts = opened.get(baseline) or stand_in(crew, scenarios)
    if facts is None:
        _share_what_is_missing(crew)
        return ready
    _check_scenarios(crew, facts, scenarios)
    ready.threads, ready.weight_bytes, ready.calls = facts["threads"], facts["weight_bytes"], facts["calls"]
    exported = [variant for variant in variants if variant.exported and crew.workers[variant.name].alive]
    if exported:
        crew.ask(baseline, "saving inputs", "save_inputs", scenarios=list(scenarios), folder=str(crew.folder))
    files = files_of(crew, exported, facts, scenarios, cache, progress, ready.cold)
    for name, worker in crew.workers.items():
        _load(crew, worker, by_name.get(name, by_name[BASELINE]), files.get(name, {}), facts, ready.cold[name])
    return ready


def _open(crew: Crew, by_name: Mapping[str, VariantSpec], ready: Ready) -> dict[Worker, Answer]:
    holders = [worker for name, worker in crew.workers.items() if name == CONTROL or not by_name[name].exported]
    workload = crew.workload
    opened = crew.ask_all(holders, "building the model", "open", factory=workload.factory, where=workload.where)
    for worker, facts in opened.items():
        ready.cold[worker.name].build_s = facts["build_s"]
        _check_weights(crew, opened.get(crew.workers[BASELINE]), facts)
    return opened


def _share_what_is_missing(crew: Crew) -> None:
    """A model that can't be built here can't be built by any variant: all say so, in its own words."""
    failure = crew.workers[BASELINE].failure
    if failure is None:
        return
    for worker in crew.workers.values():
        if worker.alive:
            worker.fail(failure.kind, failure.sentence, shortage=failure.shortage)


def _check_weights(crew: Crew, right: Answer | None, found: Answer) -> None:
    if right is not None and found["weights"] != right["weights"]:
        raise UsageProblem(
            f"{crew.workload.where}: factory {crew.workload.factory!r} gives other weights on each call, "
            "so its variants can't be compared; seed every generator it draws from"
        )


def _check_scenarios(crew: Crew, facts: Answer, scenarios: Sequence[str]) -> None:
    for scenario in scenarios:
        if scenario not in facts["scenarios"]:
            raise UsageProblem(
                f"{crew.workload.where}: workload {crew.workload.name!r} has no scenario {scenario!r}; "
                f"its factory gives {', '.join(facts['scenarios'])}"
            )


def _load(
    crew: Crew, worker: Worker, variant: VariantSpec, files: dict[str, list[Any]], facts: Answer, cold: Cold
) -> None:
    """Load one at a time: cold figures are not measured beside each other's."""
    if not worker.alive:
        return
    if variant.exported:
        crew.ask(worker, "setting threads", "threads", count=facts["threads"])
    answer = crew.ask(worker, "loading", "load", variant=asdict(variant), files=files)
    if answer is not None:
        cold.load_s = answer["load_s"]
        crew.ask(worker, "settling", "settle")


def bind(
    crew: Crew, scenario: str, cold: Mapping[str, Cold], started: dict[str, Started] | None = None
) -> dict[str, Examined]:
    """Give every living worker the inputs of `scenario`, compare outputs with the baseline's, where that has any, and
    ask for its proof.

    Returns what that showed per worker; fills `first_call_s`, and `started` where it is given. One worker at a time.
    """
    folder = str(crew.folder)
    examined: dict[str, Examined] = {}
    order = sorted(crew.workers.values(), key=lambda worker: worker.name != BASELINE)  # the right answer comes first
    for worker in order:
        if not worker.alive:
            continue
        answer = crew.ask(worker, f"first call of {scenario}", "bind", scenario=scenario, folder=folder)
        if answer is None:
            continue
        if cold[worker.name].first_call_s is None:
            cold[worker.name].first_call_s = answer["first_call_s"]
        if started is not None:
            started[worker.name] = get_going(crew, worker, scenario, answer["first_call_s"])
            cold[worker.name].warm_s = cold[worker.name].warm_s or started[worker.name].calls_s
        examined[worker.name] = examine(crew, worker, scenario)
        crew.ask(worker, "resetting its peak", "reset_peak")
    for leftover in Path(folder).glob(f"{scenario}.*.output.pt"):
        leftover.unlink()
    return examined
