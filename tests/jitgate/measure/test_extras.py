"""What is asked beside the rounds, of workers that answer by heart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from jitgate.measure.extras import LONGEST_CALL_S, KnownPeakRates, measure_extras
from jitgate.model.answers import MeasuredPeakRates
from jitgate.model.figures import FlopCount, UnseenShape, UnseenShapes
from jitgate.model.memory_peaks import EmptiedCache, MemoryPeaks
from jitgate.model.requests import (
    ChooseUnseenShapes,
    CountFlops,
    EmptyCache,
    MeasurePeakRates,
    Request,
    TimeUnseenShapes,
)
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.statistics import PeakRates

from tests.jitgate.measurements import made_of

ANSWERS: dict[type[Request[Any]], Any] = {
    ChooseUnseenShapes: 2,
    TimeUnseenShapes: UnseenShapes((UnseenShape(0.2, (0.1, 0.1)),)),
    CountFlops: FlopCount(1e9, 4e6, 1e6),
    MeasurePeakRates: MeasuredPeakRates(PeakRates(1e11, 1e10)),
    EmptyCache: EmptiedCache(9, 5, 4),
}


@dataclass(frozen=True)
class FakeWorker:
    name: str


@dataclass
class FakePool:
    """Answers every request by heart; `asked` is what came, in order."""

    device: str = "cpu"
    folder: Path = Path("there")
    answers: dict[type[Request[Any]], Any] = field(default_factory=lambda: dict(ANSWERS))
    dead: frozenset[str] = frozenset()
    asked: list[tuple[str, Request[Any]]] = field(default_factory=list)

    @property
    def kinds(self) -> list[tuple[str, type[Request[Any]]]]:
        return [(name, type(request)) for name, request in self.asked]

    @property
    def workers(self) -> Mapping[str, FakeWorker]:
        return {name: FakeWorker(name) for name in (BASELINE, "jit", CONTROL)}

    def ask(self, worker: FakeWorker, what: str, request: Request[Any]) -> Any:
        if worker.name in self.dead:
            return None
        self.asked.append((worker.name, request))
        return self.answers[type(request)]


def extras(pool: FakePool, known: KnownPeakRates | None = None) -> Any:
    return measure_extras(pool, made_of(1.0), {} if known is None else known, threads=1, ahead=["long"])


def test_lengths_work_and_ceilings_are_put_beside_the_rounds() -> None:
    pool = FakePool()
    measurement = extras(pool).added_to(made_of(1.0))
    assert measurement.all_samples["jit"].unseen_shapes.lengths == (UnseenShape(0.2, (0.1, 0.1)),)
    assert measurement.flop_count == FlopCount(1e9, 4e6, 1e6)
    assert measurement.peak_rates == {"fp32": PeakRates(1e11, 1e10)}
    assert (CONTROL, TimeUnseenShapes) not in pool.kinds
    assert (BASELINE, ChooseUnseenShapes("short", ("long",), Path("there"))) in pool.asked


def test_a_ceiling_is_measured_once_in_a_session() -> None:
    known: KnownPeakRates = {}
    pool = FakePool()
    extras(pool, known)
    extras(pool, known)
    assert pool.kinds.count((BASELINE, MeasurePeakRates)) == 1
    assert set(known) == {(1, "fp32")}


def test_a_ceiling_that_is_not_known_says_why() -> None:
    pool = FakePool(answers={**ANSWERS, MeasurePeakRates: MeasuredPeakRates(missing="out of paper")})
    found = extras(pool)
    assert (found.peak_rates, found.missing) == ({}, {"fp32": "out of paper"})


def test_no_length_is_tried_where_none_is_new() -> None:
    pool = FakePool(answers={**ANSWERS, ChooseUnseenShapes: 0})
    assert extras(pool).unseen_shapes == {}
    assert TimeUnseenShapes not in [kind for _, kind in pool.kinds]


def test_calls_that_take_seconds_are_not_made_at_new_lengths() -> None:
    pool = FakePool()
    slow = made_of(1.0)
    all_samples = {
        name: replace(samples, turns=((LONGEST_CALL_S * 1.1,),)) for name, samples in slow.all_samples.items()
    }
    found = measure_extras(pool, replace(slow, all_samples=all_samples), {}, threads=1)
    assert found.unseen_shapes == {}
    assert ChooseUnseenShapes not in [kind for _, kind in pool.kinds]
    assert found.flop_count is not None, "all else is asked"


@pytest.mark.parametrize(("device", "held"), [("cpu", None), ("cuda:0", EmptiedCache(9, 5, 4))])
def test_only_a_card_has_a_cache_to_empty(device: str, held: EmptiedCache | None) -> None:
    found = extras(FakePool(device=device))
    assert found.emptied == held
    added = found.added_to(made_of(1.0)).all_samples
    assert (added[BASELINE].memory or MemoryPeaks()).empty_cache == held
    assert added["jit"].memory == made_of(1.0).all_samples["jit"].memory


def test_a_baseline_that_is_gone_leaves_nothing_to_ask() -> None:
    found = extras(FakePool(dead=frozenset({BASELINE})))
    assert (found.flop_count, found.unseen_shapes, found.peak_rates) == (None, {}, {})
    assert "was not there" in found.missing["fp32"]
