"""A request that did not fit is made again without the cap, on a fake worker."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jitgate.model.memory_peaks import CapFacts
from jitgate.model.requests import ExportModel, Request
from jitgate.model.take_turn import TakeTurn
from jitgate.model.variant import VariantSpec
from jitgate.worker.memory import Footprint
from jitgate.worker.memory_cap import Cap
from jitgate.worker.retry_uncapped import Uncapped, retry_uncapped

from tests.jitgate.worker.test_memory_cap import FakeMemory

MIB = 1 << 20
TURN: Request[Any] = TakeTurn("short", 0, 3)


class Tight(Cap):
    """A cap that can be lifted, or not."""

    def __init__(self, without: Cap | None) -> None:
        self._without = without

    def uncapped(self) -> Cap | None:
        return self._without


class OnCard(Tight):
    """A cap on a card whose context takes 450 MiB."""

    def facts(self) -> CapFacts:
        return CapFacts(1 << 40, context_bytes=450 * MIB)


def stage_with(cap: Cap, *, raises: bool = False) -> Any:
    """A worker whose calls take 400 MiB at their peak."""
    memory = FakeMemory()
    made: list[Request[Any]] = []

    def answer(request: Request[Any]) -> float:
        made.append(request)
        if raises:
            raise MemoryError
        memory.peak = 450 * MIB
        footprint.before_bytes = 250 * MIB  # as loading does, with what the first attempt has left
        return 1.0

    footprint = Footprint()
    footprint.reader, footprint.cap, footprint.before_bytes = memory, cap, 50 * MIB
    return SimpleNamespace(footprint=footprint, answer=answer, made=made)


@pytest.mark.parametrize(("cap", "expected"), [(Tight(Cap()), 400 * MIB), (OnCard(Cap()), 850 * MIB)])
def test_the_peak_without_the_cap_is_what_was_needed_above_the_first_level(cap: Cap, expected: int) -> None:
    service = stage_with(cap)
    assert retry_uncapped(service, TURN) == Uncapped(1.0, expected)
    assert service.made == [TURN]
    assert (service.footprint.cap, service.footprint.before_bytes) == (cap, 50 * MIB)


def test_where_no_memory_is_spare_or_nothing_is_capped_nothing_is_tried() -> None:
    cramped = stage_with(Tight(None))
    assert retry_uncapped(cramped, TURN) is None
    other = stage_with(Tight(Cap()))
    assert retry_uncapped(other, ExportModel(VariantSpec("jit", "my:jit"), Path("out"))) is None
    assert cramped.made == other.made == []


def test_what_fails_without_the_cap_too_stays_unknown() -> None:
    assert retry_uncapped(stage_with(Tight(Cap()), raises=True), TURN) is None
