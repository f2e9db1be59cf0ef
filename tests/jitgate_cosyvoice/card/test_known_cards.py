"""The table of cards."""

import pytest
from jitgate_cosyvoice.card.known_cards import KNOWN_CARDS, known_card


@pytest.mark.parametrize("name", ["RTX 2050", "rtx2050", "NVIDIA GeForce RTX 2050", "GeForce RTX-2050"])
def test_a_card_is_found_by_any_of_its_names(name: str) -> None:
    card = known_card(name)
    assert card is not None
    assert (card.memory_bytes, card.bandwidth_bytes_s) == (4 << 30, 112 * 10**9)


@pytest.mark.parametrize("name", ["RTX 3060 Laptop GPU", "RTX", "", "Voodoo 2"])
def test_another_card_is_not_taken_for_it(name: str) -> None:
    assert known_card(name) is None


def test_drivers_names_are_known_too() -> None:
    for said, name in (("NVIDIA H100 80GB HBM3", "H100"), ("NVIDIA A100-SXM4-80GB", "A100 80GB"), ("Tesla T4", "T4")):
        card = known_card(said)
        assert card is not None
        assert card.name == name


def test_every_entry_names_its_source() -> None:
    assert all(card.source.startswith("NVIDIA") for card in KNOWN_CARDS)
    assert all(bool(card.in_use_bytes) == bool(card.in_use_source) for card in KNOWN_CARDS)
    assert len({card.name for card in KNOWN_CARDS}) == len(KNOWN_CARDS)
