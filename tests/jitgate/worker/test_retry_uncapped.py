"""A request that did not fit is made again with room, on a stand-in of the worker."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from jitgate.worker.memory import Footprint
from jitgate.worker.memory_cap import Cap, NoCap
from jitgate.worker.retry_uncapped import Repeat, with_room

from tests.jitgate.worker.test_memory_cap import FakeMemory

MIB = 1 << 20


class Tight(NoCap):
    """A cap that knows of room, or of none."""

    def __init__(self, room: Cap | None) -> None:
        self._room = room

    def roomy(self) -> Cap | None:
        return self._room


class OnCard(Tight):
    """A cap on a card whose context takes 450 MiB."""

    def facts(self) -> dict[str, Any]:
        return {"context_bytes": 450 * MIB}


def stage_with(cap: Cap, *, raises: bool = False) -> Any:
    """A worker whose calls take 400 MiB at their peak."""
    memory = FakeMemory()
    made: list[dict[str, Any]] = []

    def turn(**keywords: Any) -> dict[str, bool]:
        made.append(keywords)
        if raises:
            raise MemoryError
        memory.peak = 450 * MIB
        footprint.before_bytes = 250 * MIB  # as loading does, with what the first attempt has left
        return {"done": True}

    footprint = Footprint()
    footprint.reader, footprint.cap, footprint.before_bytes = memory, cap, 50 * MIB
    return SimpleNamespace(footprint=footprint, turn=turn, made=made, export=turn)


@pytest.mark.parametrize(("cap", "expected"), [(Tight(NoCap()), 400 * MIB), (OnCard(NoCap()), 850 * MIB)])
def test_the_peak_with_room_is_what_was_needed_above_the_first_level(cap: Cap, expected: int) -> None:
    service = stage_with(cap)
    assert with_room(service, "turn", {"count": 3}) == Repeat({"done": True}, expected)
    assert service.made == [{"count": 3}]
    assert (service.footprint.cap, service.footprint.before_bytes) == (cap, 50 * MIB)


def test_where_there_is_no_room_or_nothing_to_repeat_nothing_is_tried() -> None:
    cramped = stage_with(Tight(None))
    assert with_room(cramped, "turn", {"count": 3}) is None
    other = stage_with(Tight(NoCap()))
    assert with_room(other, "export", {}) is None
    assert cramped.made == other.made == []


def test_what_fails_with_room_too_stays_unknown() -> None:
    assert with_room(stage_with(Tight(NoCap()), raises=True), "turn", {}) is None
