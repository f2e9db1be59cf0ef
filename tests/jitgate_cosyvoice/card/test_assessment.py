"""Whether a model fits a card, and by what margin."""

from __future__ import annotations

import pytest
from jitgate_cosyvoice.card.assessment import CardRoom, as_json, as_text, fits
from jitgate_cosyvoice.card.footprint import CardFootprint, MemoryPart, MemoryPhase, footprints

MIB = 1 << 20


def needs(steady: int, load: int) -> CardFootprint:
    """A variant that needs so many MiB when steady, and while loading if it is unlucky."""
    return CardFootprint(
        "eager",
        MemoryPhase("steady", (MemoryPart("weights", steady * MIB),), ("CUDA context",)),
        (MemoryPhase("loading", (MemoryPart("copy", load * MIB),), condition="if unlucky"),),
        step_bytes=10**9,
    )


ROOM = CardRoom("Some card", 1000 * MIB, 100 * MIB, 100 * 10**9, ("somewhere",))


@pytest.mark.parametrize(
    ("steady", "load", "fit", "said"),
    [
        (500, 100, True, "eager  fits as far as known: 400 MiB left when steady"),
        (500, 800, True, "eager  fits as far as known: 400 MiB left when steady, 100 MiB when loading if unlucky"),
        (500, 950, None, "eager  may not fit: loading lacks 50 MiB if unlucky; 400 MiB left when steady"),
        (950, 100, False, "eager  does not fit: lacks 50 MiB"),
    ],
)
def test_verdict_and_margin(steady: int, load: int, fit: bool | None, said: str) -> None:
    footprint = needs(steady, load)
    assert fits(ROOM, footprint) is fit
    assert said in as_text(ROOM, [footprint])
    (entry,) = as_json(ROOM, [footprint])["variants"]
    assert (entry["fits"], entry["margin_bytes"]) == (fit, (900 - steady) * MIB)
    assert [phase["margin_bytes"] for phase in entry["phases"]] == [(900 - steady) * MIB, (900 - load) * MIB]


def test_bandwidth_bounds_the_pace_where_it_is_known() -> None:
    (entry,) = as_json(ROOM, [needs(1, 1)])["variants"]
    assert entry["step_at_least_s"] == 0.01
    assert any(
        "at least 10.0 ms, so its real-time factor is at least 0.25" in line for line in as_text(ROOM, [needs(1, 1)])
    )
    unknown = CardRoom("Some card", 1000 * MIB, 0, None, ())
    assert as_json(unknown, [needs(1, 1)])["variants"][0]["step_at_least_s"] is None
    assert "bandwidth not known" in as_text(unknown, [needs(1, 1)])[0]


def test_the_founding_card_has_room_for_half_precision_and_none_to_build_an_engine() -> None:
    laptop = CardRoom("RTX 2050", 4096 * MIB, 379 * MIB, 112 * 10**9, ())
    answers = {footprint.variant: fits(laptop, footprint) for footprint in footprints()}
    assert answers["eager+fp16"] is answers["torchscript+fp16"] is True
    assert answers["tensorrt"] is answers["tensorrt+fp16"] is None
    server = CardRoom("H200", 141 * 10**9, 0, None, ())
    assert all(fits(server, footprint) for footprint in footprints())
