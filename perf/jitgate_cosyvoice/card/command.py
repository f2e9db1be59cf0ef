"""`python -m jitgate_cosyvoice assess`: which ways of running CosyVoice2 fit a card, and by what margin.

Exit code 0: the question was answered, whatever the answer is. 4: bad input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jitgate.cli.output import write, write_data
from jitgate.model.errors import UsageError

from jitgate_cosyvoice.card.assessment import CardRoom
from jitgate_cosyvoice.card.known_cards import KNOWN_CARDS, known_card

if TYPE_CHECKING:
    import argparse

ANSWERED = 0


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add `assess` to the command line."""
    parser = subparsers.add_parser(
        "assess",
        help="which variants of CosyVoice2 fit a card, and by what margin",
        description="Says which variants of CosyVoice2 fit a card, by arithmetic and measured figures. Nothing is "
        "measured now. Exit code 0 answered, 4 bad input.",
    )
    parser.add_argument(
        "card",
        metavar="CARD",
        nargs="?",
        help='a card by its name, as in "RTX 2050"; default: the first card of this machine',
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the answer; returns the exit code. UsageError for bad input."""
    from jitgate_cosyvoice.card import assessment
    from jitgate_cosyvoice.card.footprint import footprints

    room = _present() if arguments.card is None else _named(arguments.card)
    if arguments.json:
        write_data(assessment.as_json(room, footprints()))
    else:
        write("\n".join(assessment.as_text(room, footprints())))
    return ANSWERED


def _named(name: str) -> CardRoom:
    card = known_card(name)
    if card is None:
        raise UsageError(f"unknown card {name!r}; {_known_names()}")
    sources = tuple(source for source in (card.source, card.in_use_source) if source)
    return CardRoom(card.name, card.memory_bytes, card.in_use_bytes, card.bandwidth_bytes_s, sources)


def _present() -> CardRoom:
    """The first card that this machine shows, whether or not torch can use it."""
    from jitgate.device.device import visible
    from jitgate.device.nvml import survey_cards
    from jitgate.device.reading import known

    survey = survey_cards()
    cards = visible(survey)
    if not cards:
        raise UsageError(f"this machine shows no card ({survey.why_none}); {_known_names()}")
    chosen = cards[0]
    used = next((known(facts.memory_used_bytes) for facts in survey.cards if facts.uuid == chosen.uuid), None)
    same = known_card(chosen.name)
    sources = ["memory: the card's driver"] + ([f"bandwidth: {same.source}"] if same else [])
    return CardRoom(
        chosen.name, chosen.memory_bytes, used or 0, same.bandwidth_bytes_s if same else None, tuple(sources)
    )


def _known_names() -> str:
    return "known cards: " + ", ".join(card.name for card in KNOWN_CARDS)
