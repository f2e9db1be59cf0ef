"""Secondary figures, measured once the rounds are over: unseen shapes, operations, peak rates, emptied caches.

Memory has been read by then, since this shows in it; what is read of it afterwards only tells the next run how much
room workers need.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

from jitgate.model.figures import FlopCount, UnseenShapes
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import EmptiedCache, MemoryPeaks
from jitgate.model.requests import (
    ChooseUnseenShapes,
    CountFlops,
    EmptyCache,
    MeasurePeakRates,
    Request,
    TimeStoredAnswer,
    TimeUnseenShapes,
)
from jitgate.model.variant import BASELINE, is_variant
from jitgate.statistics import PeakRates

AnswerT = TypeVar("AnswerT")

KnownPeakRates = MutableMapping[tuple[int | None, str], PeakRates | str]
"""(threads, precision) -> what this device does at best, or why that is not known. Kept for a session, as it takes
seconds."""

LONGEST_CALL_S = 2.0
"""Longer calls are not made with unseen shapes: a shape takes six of them, most are longer than the scenario's own, and
a pipeline would take minutes a variant where some seconds are meant."""


class ExtrasPool(Protocol):
    """The part of a pool that is used; see `jitgate.pool.pool.WorkerPool`. A worker that has failed answers None."""

    device: str

    @property
    def workers(self) -> Mapping[str, Any]: ...

    @property
    def folder(self) -> Path: ...

    def ask(self, worker: Any, what: str, request: Request[AnswerT]) -> AnswerT | None: ...


@dataclass(frozen=True)
class Extras:
    """The secondary figures of one scenario.

    emptied: of the baseline's allocator. needs: memory of each worker with these calls among its own, which is what the
    next run needs room for. look_up_s: seconds in which a stored answer is looked up, where that was asked.
    """

    emptied: EmptiedCache | None = None
    unseen_shapes: Mapping[str, UnseenShapes] = field(default_factory=dict)
    flop_count: FlopCount | None = None
    peak_rates: Mapping[str, PeakRates] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, MemoryPeaks] = field(default_factory=dict)
    look_up_s: float | None = None

    def next_to(self, others: Extras) -> Extras:
        """This ceiling, and the figures of others that it has not."""
        return replace(self, emptied=others.emptied, unseen_shapes=others.unseen_shapes, needs=others.needs)

    def added_to(self, measurement: Measurement) -> Measurement:
        """The measurement with these figures."""
        all_samples = {
            name: replace(samples, unseen_shapes=self.unseen_shapes.get(name, samples.unseen_shapes))
            for name, samples in measurement.all_samples.items()
        }
        if self.emptied is not None:
            baseline = all_samples[BASELINE]
            memory = replace(baseline.memory or MemoryPeaks(), empty_cache=self.emptied)
            all_samples[BASELINE] = replace(baseline, memory=memory)
        return replace(
            measurement,
            all_samples=all_samples,
            flop_count=self.flop_count,
            peak_rates=dict(self.peak_rates),
            missing=dict(self.missing),
        )


def measure_extras(
    pool: ExtrasPool,
    measurement: Measurement,
    known: KnownPeakRates,
    *,
    threads: int | None,
    ahead: Collection[str] = (),
) -> Extras:
    """Ask the workers of a pool whose rounds in `measurement.scenario` are over.

    threads: of the workers, None for torch's default. ahead: scenarios still to be measured; their shapes stay unseen.
    """
    scenario, baseline = measurement.scenario, pool.workers[BASELINE]
    short = (measurement.all_samples[BASELINE].median_s or 0.0) <= LONGEST_CALL_S
    shapes = _unseen_shapes(pool, scenario, ahead) if measurement.same_inputs and short else {}
    ceiling = measure_ceiling(pool, measurement, known, threads=threads)
    emptied = None if pool.device == "cpu" else pool.ask(baseline, "emptying its cache", EmptyCache())
    return replace(ceiling, emptied=emptied, unseen_shapes=shapes)


def measure_ceiling(
    pool: ExtrasPool, measurement: Measurement, known: KnownPeakRates, *, threads: int | None, look_up: bool = False
) -> Extras:
    """The operations of a call, and what the device does at best. look_up: and how fast a stored answer is found."""
    scenario, baseline = measurement.scenario, pool.workers[BASELINE]
    flop_count = pool.ask(baseline, f"counting operations of {scenario}", CountFlops(scenario))
    found = {
        precision: _peak_rates(pool, known, threads, precision)
        for precision in dict.fromkeys(samples.precision for samples in measurement.all_samples.values())
    }
    return Extras(
        flop_count=flop_count,
        peak_rates={precision: each for precision, each in found.items() if isinstance(each, PeakRates)},
        missing={precision: each for precision, each in found.items() if isinstance(each, str)},
        look_up_s=pool.ask(baseline, f"looking up in {scenario}", TimeStoredAnswer(scenario)) if look_up else None,
    )


def _unseen_shapes(pool: ExtrasPool, scenario: str, ahead: Collection[str]) -> dict[str, UnseenShapes]:
    """One worker at a time, as for all that is cold. Empty where no other scenario has a shape of its own."""
    what = f"unseen shapes of {scenario}"
    choose = ChooseUnseenShapes(scenario, tuple(sorted(ahead)), pool.folder)
    if not pool.ask(pool.workers[BASELINE], what, choose):
        return {}
    found = {
        name: pool.ask(worker, what, TimeUnseenShapes(scenario, pool.folder))
        for name, worker in pool.workers.items()
        if is_variant(name)
    }
    return {name: shapes for name, shapes in found.items() if shapes is not None}


def _peak_rates(pool: ExtrasPool, known: KnownPeakRates, threads: int | None, precision: str) -> PeakRates | str:
    if (threads, precision) not in known:
        what = f"measuring peak rates of {pool.device}"
        found = pool.ask(pool.workers[BASELINE], what, MeasurePeakRates(precision))
        if found is None:
            return "the baseline's worker was not there to measure it"
        known[threads, precision] = found.rates or found.missing
    return known[threads, precision]
