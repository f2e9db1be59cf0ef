"""What is measured beside the rounds, once they are over: new lengths, the work of a call, peak_rates, emptied caches.

Memory has been read by then, since this shows in it; what is read of it afterwards only tells the next run how much
room workers need.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from jitgate.model.figures import FlopCount, UnseenShapes, unseen_shapes
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.statistics import PeakRates

KnownPeakRates = MutableMapping[tuple[int | None, str], PeakRates | str]
"""(threads, precision) -> what this device does at best, or why not. One for a session: it takes seconds."""


LONGEST_CALL_S = 2.0
"""Longer calls are not made at new lengths: a length takes six of them, most are longer than the scenario's own, and a
pipeline's would take minutes a variant where some seconds are meant."""


class Asked(Protocol):
    """The part of a pool that is used; see `jitgate.pool.pool.WorkerPool`. A worker that has failed answers None."""

    device: str

    @property
    def workers(self) -> Mapping[str, Any]: ...

    @property
    def folder(self) -> Path: ...

    def ask(self, worker: Any, what: str, request: str, **keywords: Any) -> Mapping[str, Any] | None: ...


@dataclass(frozen=True)
class Extras:
    """All of it for one scenario, to be put beside whatever its rounds say so far.

    needs: memory of each worker with these calls among its own, which is what there has to be room for.
    """

    memory: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    lengths: Mapping[str, UnseenShapes] = field(default_factory=dict)
    flop_count: FlopCount | None = None
    peak_rates: Mapping[str, PeakRates] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def added_to(self, measurement: Measurement) -> Measurement:
        """The measurement with these figures."""
        all_samples = {
            name: replace(
                samples,
                memory={**samples.memory, **self.memory.get(name, {})},
                unseen_shapes=self.lengths.get(name, samples.unseen_shapes),
            )
            for name, samples in measurement.all_samples.items()
        }
        return replace(
            measurement,
            all_samples=all_samples,
            flop_count=self.flop_count,
            peak_rates=dict(self.peak_rates),
            missing=dict(self.missing),
        )


def measure_extras(
    pool: Asked,
    measurement: Measurement,
    known: KnownPeakRates,
    *,
    threads: int | None,
    kept: Collection[str] = (),
) -> Extras:
    """Ask the workers of a pool whose rounds in `measurement.scenario` are over.

    threads: of the workers, None for torch's default. kept: scenarios still to be measured; their sizes stay new.
    """
    scenario = measurement.scenario
    short = (measurement.all_samples[BASELINE].median_s or 0.0) <= LONGEST_CALL_S
    lengths = _lengths(pool, scenario, kept) if measurement.same_inputs and short else {}
    counted = pool.ask(pool.workers[BASELINE], f"counting the work of {scenario}", "count_work", scenario=scenario)
    found = {
        precision: _ceiling(pool, known, threads, precision)
        for precision in dict.fromkeys(samples.precision for samples in measurement.all_samples.values())
    }
    return Extras(
        _caches(pool),
        lengths,
        FlopCount(**counted) if counted else None,
        {precision: each for precision, each in found.items() if isinstance(each, PeakRates)},
        {precision: each for precision, each in found.items() if isinstance(each, str)},
    )


def _caches(pool: Asked) -> dict[str, dict[str, int]]:
    """What `empty_cache` does to the baseline's allocator, where the device has one that keeps what it has freed."""
    if pool.device == "cpu":
        return {}
    emptied = pool.ask(pool.workers[BASELINE], "emptying its cache", "empty_cache") or {}
    return {BASELINE: {f"empty_cache_{name}": value for name, value in emptied.items() if value is not None}}


def _lengths(pool: Asked, scenario: str, kept: Collection[str]) -> dict[str, UnseenShapes]:
    """One worker at a time, as everything that is cold. Nothing where no scenario has a size of its own."""
    folder, what = str(pool.folder), f"new lengths of {scenario}"
    chosen = pool.ask(
        pool.workers[BASELINE], what, "choose_lengths", scenario=scenario, kept=sorted(kept), folder=folder
    )
    if not chosen or not chosen["count"]:
        return {}
    found = {}
    for name, worker in pool.workers.items():
        answer = pool.ask(worker, what, "lengths", scenario=scenario, folder=folder) if name != CONTROL else None
        if answer is not None:
            found[name] = unseen_shapes(answer)
    return found


def _ceiling(pool: Asked, known: KnownPeakRates, threads: int | None, precision: str) -> PeakRates | str:
    if (threads, precision) not in known:
        answer = pool.ask(
            pool.workers[BASELINE], f"measuring what {pool.device} does at best", "peak_rates", precision=precision
        )
        if not answer:
            return "the baseline's worker was not there to measure it"
        known[threads, precision] = answer.get("missing") or PeakRates(answer["flops_s"], answer["bytes_s"])
    return known[threads, precision]
