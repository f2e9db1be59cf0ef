"""What is measured beside the rounds, once they are over: new lengths, the work of a call, ceilings, emptied caches.

Memory has been read by then, since this shows in it; what is read of it afterwards only tells the next run how much
room workers need.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from jitgate.engines.registry import BASELINE, CONTROL
from jitgate.model.figures import NewLengths, Work, new_lengths
from jitgate.model.measurement import Measurement
from jitgate.statistics import Ceiling

Ceilings = MutableMapping[tuple[int | None, str], Ceiling | str]
"""(threads, precision) -> what this device does at best, or why not. One for a session: it takes seconds."""


LONGEST_CALL_S = 2.0
"""Longer calls are not made at new lengths: a length takes six of them, most are longer than the scenario's own, and a
pipeline's would take minutes a variant where some seconds are meant."""


class Asked(Protocol):
    """The part of a crew that is used; see `jitgate.pool.pool.Crew`. A worker that has failed answers None."""

    device: str

    @property
    def workers(self) -> Mapping[str, Any]: ...

    @property
    def folder(self) -> Path: ...

    def ask(self, worker: Any, what: str, request: str, **keywords: Any) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True)
class Beside:
    """All of it for one scenario, to be put beside whatever its rounds say so far.

    needs: memory of each worker with these calls among its own, which is what there has to be room for.
    """

    memory: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lengths: Mapping[str, NewLengths] = field(default_factory=dict)
    work: Work | None = None
    ceilings: Mapping[str, Ceiling] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def added_to(self, measurement: Measurement) -> Measurement:
        """The measurement with these figures."""
        arms = {
            name: replace(
                arm,
                memory={**arm.memory, **self.memory.get(name, {})},
                new_lengths=self.lengths.get(name, arm.new_lengths),
            )
            for name, arm in measurement.arms.items()
        }
        return replace(measurement, arms=arms, work=self.work, ceilings=dict(self.ceilings), missing=dict(self.missing))


def measure_beside(
    crew: Asked,
    measurement: Measurement,
    known: Ceilings,
    *,
    threads: int | None,
    kept: Collection[str] = (),
) -> Beside:
    """Ask the workers of a crew whose rounds in `measurement.scenario` are over.

    threads: of the workers, None for torch's default. kept: scenarios still to be measured; their sizes stay new.
    """
    scenario = measurement.scenario
    short = (measurement.arms[BASELINE].median_s or 0.0) <= LONGEST_CALL_S
    lengths = _lengths(crew, scenario, kept) if measurement.same_inputs and short else {}
    counted = crew.ask(crew.workers[BASELINE], f"counting the work of {scenario}", "count_work", scenario=scenario)
    found = {
        precision: _ceiling(crew, known, threads, precision)
        for precision in dict.fromkeys(arm.precision for arm in measurement.arms.values())
    }
    return Beside(
        _caches(crew),
        lengths,
        Work(**counted) if counted else None,
        {precision: each for precision, each in found.items() if isinstance(each, Ceiling)},
        {precision: each for precision, each in found.items() if isinstance(each, str)},
    )


def _caches(crew: Asked) -> dict[str, dict[str, int]]:
    """What `empty_cache` does to the baseline's allocator, where the device has one that keeps what it has freed."""
    if crew.device == "cpu":
        return {}
    emptied = crew.ask(crew.workers[BASELINE], "emptying its cache", "empty_cache") or {}
    return {BASELINE: {f"empty_cache_{name}": value for name, value in emptied.items() if value is not None}}


def _lengths(crew: Asked, scenario: str, kept: Collection[str]) -> dict[str, NewLengths]:
    """One worker at a time, as everything that is cold. Nothing where no scenario has a size of its own."""
    folder, what = str(crew.folder), f"new lengths of {scenario}"
    chosen = crew.ask(
        crew.workers[BASELINE], what, "choose_lengths", scenario=scenario, kept=sorted(kept), folder=folder
    )
    if not chosen or not chosen["count"]:
        return {}
    found = {}
    for name, worker in crew.workers.items():
        answer = crew.ask(worker, what, "lengths", scenario=scenario, folder=folder) if name != CONTROL else None
        if answer is not None:
            found[name] = new_lengths(answer)
    return found


def _ceiling(crew: Asked, known: Ceilings, threads: int | None, precision: str) -> Ceiling | str:
    if (threads, precision) not in known:
        answer = crew.ask(
            crew.workers[BASELINE], f"measuring what {crew.device} does at best", "ceiling", precision=precision
        )
        if not answer:
            return "the baseline's worker was not there to measure it"
        known[threads, precision] = answer.get("missing") or Ceiling(answer["flops_s"], answer["bytes_s"])
    return known[threads, precision]
