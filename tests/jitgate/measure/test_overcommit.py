"""When the device's memory was not really there."""

from __future__ import annotations

import pytest
from jitgate.device.device_memory import DeviceMemory
from jitgate.device.reading import Missing, Reading
from jitgate.measure.overcommit import Overcommit

from tests.jitgate.device.device_memories import GIB, FakeCard

MIB = 1 << 20


def causes(card: FakeCard, held: dict[str, int], *rounds: dict[str, float], outside: int = 0) -> list[str | None]:
    watch = Overcommit(card, FakeCard(total_bytes=card.total_bytes).read(), lambda name: outside)
    return [watch.cause(held, round_) for round_ in rounds]


def test_what_fits_is_no_overcommit_even_if_it_is_slow() -> None:
    card = FakeCard(holds={"eager": GIB})
    assert causes(card, {"eager": GIB}, {"eager": 0.1}, {"eager": 10.0}) == [None, None]


def test_more_than_the_card_has_can_not_lie_there() -> None:
    card = FakeCard(holds={"eager": 2 * GIB, "jit": 2 * GIB})
    held = {"eager": 2 * GIB, "jit": 2 * GIB}
    assert causes(card, held, {}) == [None]
    (found,) = causes(card, held, {}, outside=300 * MIB)
    assert str(found).startswith("memory overcommitted: 2 workers hold 4.59 GiB on a card of 4.00 GiB")


def test_memory_that_the_driver_lent_is_seen_whoever_needed_it() -> None:
    card = FakeCard(holds={"eager": 2 * GIB}, desktop_bytes=2 * GIB + 100 * MIB)
    (found,) = causes(card, {"eager": 2 * GIB}, {})
    assert "the driver has put 100 MiB into the host's memory" in str(found)
    assert causes(FakeCard(holds={"eager": 2 * GIB}), {"eager": 2 * GIB}, {}) == [None], "pinned buffers are no loan"


@pytest.mark.parametrize(
    ("used", "factor", "cliff"), [(3.95, 4.0, True), (3.95, 2.0, False), (3.0, 4.0, False)], ids=str
)
def test_where_the_driver_does_not_tell_a_cliff_on_a_full_card_does(used: float, factor: float, cliff: bool) -> None:
    card = FakeCard(holds={"eager": GIB}, desktop_bytes=round((used - 1) * GIB), tells_shared=False)
    first, second = causes(card, {"eager": GIB}, {"eager": 0.1}, {"eager": 0.1 * factor})
    assert first is None
    assert (second is not None) == cliff
    if second is not None:
        assert "calls of eager take over 3 times as long as before" in second


def test_a_card_that_tells_nothing_is_not_accused() -> None:
    class Silent(FakeCard):
        def read(self) -> Reading[DeviceMemory]:
            return Missing("Not Supported")

    assert causes(Silent(), {"eager": 9 * GIB}, {"eager": 0.1}, {"eager": 9.0}) == [None, None]
