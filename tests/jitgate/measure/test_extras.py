"""What is asked beside the rounds, of workers that answer by heart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from jitgate.engines.registry import BASELINE, CONTROL
from jitgate.measure.extras import LONGEST_CALL_S, Ceilings, measure_beside
from jitgate.model.figures import NewLength, Work
from jitgate.statistics import Ceiling

from tests.jitgate.measurements import made_of

ANSWERS: dict[str, dict[str, Any]] = {
    "choose_lengths": {"count": 2},
    "lengths": {"lengths": [[0.2, [0.1, 0.1]]], "problem": None},
    "count_work": {"flops": 1e9, "parameter_bytes": 4e6, "activation_bytes": 1e6},
    "ceiling": {"flops_s": 1e11, "bytes_s": 1e10},
    "empty_cache": {"before_bytes": 9, "after_bytes": 5, "allocated_bytes": 4},
}


@dataclass(frozen=True)
class FakeWorker:
    name: str


@dataclass
class FakeCrew:
    """Answers every request by heart; `asked` is what came, in order."""

    device: str = "cpu"
    folder: Path = Path("there")
    answers: dict[str, dict[str, Any]] = field(default_factory=lambda: dict(ANSWERS))
    dead: frozenset[str] = frozenset()
    asked: list[tuple[str, str]] = field(default_factory=list)
    keywords: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def workers(self) -> Mapping[str, FakeWorker]:
        return {name: FakeWorker(name) for name in (BASELINE, "jit", CONTROL)}

    def ask(self, worker: FakeWorker, what: str, request: str, **keywords: Any) -> Mapping[str, Any] | None:
        if worker.name in self.dead:
            return None
        self.asked.append((worker.name, request))
        self.keywords[request] = keywords
        return self.answers[request]


def beside(crew: FakeCrew, known: Ceilings | None = None) -> Any:
    return measure_beside(crew, made_of(1.0), {} if known is None else known, threads=1, kept=["long"])


def test_lengths_work_and_ceilings_are_put_beside_the_rounds() -> None:
    crew = FakeCrew()
    measurement = beside(crew).added_to(made_of(1.0))
    assert measurement.arms["jit"].new_lengths.lengths == (NewLength(0.2, (0.1, 0.1)),)
    assert measurement.work == Work(1e9, 4e6, 1e6)
    assert measurement.ceilings == {"fp32": Ceiling(1e11, 1e10)}
    assert (CONTROL, "lengths") not in crew.asked
    assert crew.keywords["choose_lengths"]["kept"] == ["long"]


def test_a_ceiling_is_measured_once_in_a_session() -> None:
    known: Ceilings = {}
    crew = FakeCrew()
    beside(crew, known)
    beside(crew, known)
    assert [request for _, request in crew.asked].count("ceiling") == 1
    assert set(known) == {(1, "fp32")}


def test_a_ceiling_that_is_not_known_says_why() -> None:
    crew = FakeCrew(answers={**ANSWERS, "ceiling": {"missing": "out of paper"}})
    found = beside(crew)
    assert (found.ceilings, found.missing) == ({}, {"fp32": "out of paper"})


def test_no_length_is_tried_where_none_is_new() -> None:
    crew = FakeCrew(answers={**ANSWERS, "choose_lengths": {"count": 0}})
    assert beside(crew).lengths == {}
    assert "lengths" not in [request for _, request in crew.asked]


def test_calls_that_take_seconds_are_not_made_at_new_lengths() -> None:
    crew = FakeCrew()
    slow = made_of(1.0)
    arms = {name: replace(arm, turns=((LONGEST_CALL_S * 1.1,),)) for name, arm in slow.arms.items()}
    found = measure_beside(crew, replace(slow, arms=arms), {}, threads=1)
    assert found.lengths == {}
    assert "choose_lengths" not in [request for _, request in crew.asked]
    assert found.work is not None, "all else is asked"


@pytest.mark.parametrize(("device", "held"), [("cpu", None), ("cuda:0", 9)])
def test_only_a_card_has_a_cache_to_empty(device: str, held: int | None) -> None:
    found = beside(FakeCrew(device=device))
    assert found.memory.get(BASELINE, {}).get("empty_cache_before_bytes") == held
    assert found.added_to(made_of(1.0)).arms["jit"].memory == made_of(1.0).arms["jit"].memory


def test_a_baseline_that_is_gone_leaves_nothing_to_ask() -> None:
    found = beside(FakeCrew(dead=frozenset({BASELINE})))
    assert (found.work, found.lengths, found.ceilings) == (None, {}, {})
    assert "was not there" in found.missing["fp32"]
