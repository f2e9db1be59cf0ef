"""Which device this run measures on, found out without importing torch."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

from jitgate.device.card import CardFacts, CardSurvey
from jitgate.device.nvml import survey_cards
from jitgate.device.reading import known
from jitgate.device.runtime import torch_cuda
from jitgate.model.errors import UsageError


@dataclass(frozen=True)
class Card:
    """One CUDA card as its driver names it, and the settings that decide how fast it may be."""

    name: str
    memory_bytes: int
    driver: str
    uuid: str = ""
    power_limit_w: int | None = None
    applications_clocks: str | None = None


@dataclass(frozen=True)
class Device:
    """`kind` is what gates match (`cpu`, `cuda`); `name` is torch's (`cpu`, `cuda:0`)."""

    kind: str
    index: int = 0
    card: Card | None = None

    @property
    def name(self) -> str:
        return f"cuda:{self.index}" if self.kind == "cuda" else self.kind


def choose_device(
    wish: str, cards: Callable[[], list[Card]] | None = None, torch_has_cuda: bool | None = None
) -> Device:
    """Turn `--jitgate-device` into a device.

    wish: `auto` (CUDA if torch was built for it and a card answers), `cpu`, `cuda`, `cuda:N`.
    Raises UsageError for anything else, and for CUDA that is not there.
    """
    match = re.fullmatch(r"auto|cpu|cuda(?::(\d+))?", wish)
    if match is None:
        raise UsageError(f"--jitgate-device {wish!r} is not a device; use auto, cpu, cuda or cuda:N (N from 0)")
    if wish == "cpu":
        return Device("cpu")
    built = torch_built_for_cuda() if torch_has_cuda is None else torch_has_cuda
    found = (cards or visible_cards)() if built else []
    index = int(match[1] or 0)
    if index < len(found):
        return Device("cuda", index, found[index])
    if wish == "auto":
        return Device("cpu")
    if not built:
        reason = "the installed torch is a build without CUDA; install one with CUDA, or use --jitgate-device cpu"
    elif not found:
        reason = (
            "no CUDA card answers: NVML lists none that this process may use; "
            "check the driver and CUDA_VISIBLE_DEVICES, or use --jitgate-device cpu"
        )
    else:
        reason = f"this machine shows {len(found)} card(s), numbered from 0; choose one of them"
    raise UsageError(f"--jitgate-device {wish}: {reason}")


def torch_built_for_cuda() -> bool:
    return torch_cuda() is not None


def visible_cards() -> list[Card]:
    """The cards this process may use, in the order of `CUDA_VISIBLE_DEVICES`; [] without a driver."""
    return visible(survey_cards())


def visible(survey: CardSurvey) -> list[Card]:
    """Those of the survey's cards that this process may use."""
    found = [card for facts in survey.cards if (card := card_of(facts))]
    return select_visible(found, os.environ.get("CUDA_VISIBLE_DEVICES"))


def card_of(facts: CardFacts) -> Card | None:
    """The card that a run measures on; None where the driver does not report its memory."""
    memory = known(facts.memory_total_bytes)
    if memory is None:
        return None
    return Card(
        facts.name,
        memory,
        known(facts.driver) or "unknown",
        facts.uuid,
        known(facts.power_limit_w),
        known(facts.applications_clocks),
    )


def select_visible(cards: list[Card], visible: str | None) -> list[Card]:
    """Apply `CUDA_VISIBLE_DEVICES`: indices or UUID prefixes; the first entry that names no card ends the list.

    Source: CUDA C++ Programming Guide, "CUDA Environment Variables".
    """
    if visible is None:
        return cards
    chosen: list[Card] = []
    for entry in (part.strip() for part in visible.split(",")):
        if entry.isdigit():
            named = cards[int(entry) : int(entry) + 1]
        else:
            named = [card for card in cards if entry and card.uuid.startswith(entry)]
        if len(named) != 1:
            break
        chosen += named
    return chosen
