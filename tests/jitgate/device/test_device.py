"""Which device a run measures on."""

import importlib.util
from dataclasses import replace

import pytest
from jitgate.device.card import CardSurvey
from jitgate.device.device import Card, card_of, choose_device, select_visible, torch_built_for_cuda, visible_cards
from jitgate.device.reading import Missing
from jitgate.model.errors import UsageError

from tests.jitgate.device.cards import LAPTOP, SERVER

CARDS = [
    Card("NVIDIA GeForce RTX 2050", 4 << 30, "552.22", "GPU-aa11"),
    Card("NVIDIA H200", 141 << 30, "580.1", "GPU-bb22"),
]


def test_auto_takes_a_card_where_torch_can_use_one() -> None:
    device = choose_device("auto", lambda: CARDS, torch_has_cuda=True)
    assert (device.kind, device.name, device.card) == ("cuda", "cuda:0", CARDS[0])


@pytest.mark.parametrize(("cards", "built"), [([], True), (CARDS, False)])
def test_auto_falls_back_to_the_cpu(cards: list[Card], built: bool) -> None:
    assert choose_device("auto", lambda: cards, torch_has_cuda=built).name == "cpu"


def test_a_card_can_be_chosen_by_number() -> None:
    assert choose_device("cuda:1", lambda: CARDS, torch_has_cuda=True).card == CARDS[1]


@pytest.mark.parametrize(
    ("wish", "cards", "built", "said"),
    [
        ("gpu", CARDS, True, "is not a device; use auto, cpu, cuda or cuda:N"),
        ("cuda:x", CARDS, True, "is not a device"),
        ("cuda", [], True, "no CUDA card answers"),
        ("cuda", CARDS, False, "a build without CUDA"),
        ("cuda:2", CARDS, True, "shows 2 card(s), numbered from 0"),
    ],
)
def test_a_device_that_is_not_there_is_refused_with_the_remedy(
    wish: str, cards: list[Card], built: bool, said: str
) -> None:
    with pytest.raises(UsageError) as caught:
        choose_device(wish, lambda: cards, torch_has_cuda=built)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, CARDS),
        ("1,0", [CARDS[1], CARDS[0]]),
        ("GPU-bb", [CARDS[1]]),
        ("0,-1,1", [CARDS[0]]),
        ("7", []),
        ("", []),
    ],
)
def test_visible_devices_choose_and_order_the_cards(visible: str | None, expected: list[Card]) -> None:
    assert select_visible(CARDS, visible) == expected


def test_a_card_keeps_the_settings_that_decide_how_fast_it_may_be() -> None:
    assert card_of(SERVER) == Card("NVIDIA H200", 141 << 30, "580.65.06", "GPU-bb22", 700, "1980/3201")
    assert card_of(LAPTOP) == Card("NVIDIA GeForce RTX 2050", 4 << 30, "552.22", "GPU-aa11", None, None)


def test_a_card_whose_memory_is_not_told_is_left_out() -> None:
    assert card_of(replace(SERVER, memory_total_bytes=Missing("[Unknown Error]"))) is None


def test_visible_cards_are_those_of_the_survey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jitgate.device.device.survey_cards", lambda: CardSurvey((LAPTOP, SERVER)))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert [card.name for card in visible_cards()] == ["NVIDIA H200"]


def test_the_installed_torch_is_asked_without_importing_it() -> None:
    import torch

    assert importlib.util.find_spec("torch") is not None
    assert torch_built_for_cuda() == (torch.version.cuda is not None)
