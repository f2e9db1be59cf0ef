"""`jitgate doctor`: what this machine is, and whether it is ready to measure. Nothing is measured.

Exit code 0: ready, though there may be warnings. 1: at least one blocking warning (a busy machine, a full card, no
torch). 4: bad input. With --assess, 0 says that the question was answered, whatever the answer is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jitgate.cli.output import show, write
from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from jitgate_cosyvoice.card.assessment import Room

    from jitgate.device.device import Device
    from jitgate.device.reading import Reading

READY, NOT_READY = 0, 1
PRESENT = ""
"""`--assess` without a name."""


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add `doctor` to the command line."""
    parser = subparsers.add_parser(
        "doctor",
        help="show this machine, and whether it is ready to measure",
        description="Shows this machine (without importing torch), what can be measured on it, and warnings, each "
        "with its remedy. Exit code 0 ready, 1 blocking warnings, 4 bad input.",
    )
    parser.add_argument(
        "--assess",
        metavar="CARD",
        nargs="?",
        const=PRESENT,
        help='which variants of CosyVoice2 fit CARD ("RTX 2050"), or the card of this machine, and by what margin',
    )
    parser.add_argument(
        "--device",
        "--jitgate-device",
        metavar="DEVICE",
        default="auto",
        help="the device to look at: auto, cpu, cuda or cuda:N, as pytest's --jitgate-device; default: auto",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for; returns the exit code."""
    return _examine(arguments) if arguments.assess is None else _assess(arguments)


def _examine(arguments: argparse.Namespace) -> int:
    from jitgate.device.device import choose_device, visible
    from jitgate.device.fingerprint import fingerprint
    from jitgate.device.machine import machine
    from jitgate.engines.inductor import Inductor
    from jitgate.report import machine as report
    from jitgate.report.warnings import warnings

    seen = machine(missing_compiler=Inductor().unavailable())
    device = choose_device(arguments.device, lambda: visible(seen.survey))
    found = warnings(seen, device, _holder(device))
    mark = fingerprint(device)
    if arguments.json:
        write(json.dumps(report.as_json(seen, device, mark, found), indent=2))
    else:
        show(report.as_tables(seen, device, mark, found))
    return READY if report.ready(found) else NOT_READY


def _holder(device: Device) -> Reading[str | None]:
    from jitgate.device.lock import RunLock
    from jitgate.device.reading import Missing

    try:
        return RunLock(device).holder()
    except UsageError as problem:
        return Missing(str(problem))


def _assess(arguments: argparse.Namespace) -> int:
    from jitgate_cosyvoice.card import assessment
    from jitgate_cosyvoice.card.footprint import footprints

    room = _present(arguments.device) if arguments.assess == PRESENT else _named(arguments.assess)
    if arguments.json:
        write(json.dumps(assessment.as_json(room, footprints()), indent=2))
    else:
        write("\n".join(assessment.as_text(room, footprints())))
    return READY


def _named(name: str) -> Room:
    from jitgate_cosyvoice.card.assessment import Room
    from jitgate_cosyvoice.card.known_cards import known_card

    card = known_card(name)
    if card is None:
        raise UsageError(f"--assess {name!r} is not a card I know: {_known_names()}")
    sources = tuple(source for source in (card.source, card.in_use_source) if source)
    return Room(card.name, card.memory_bytes, card.in_use_bytes, card.bandwidth_bytes_s, sources)


def _present(wish: str) -> Room:
    """The card of this machine that a run would use, or the first one, whether or not torch can use it."""
    from jitgate_cosyvoice.card.assessment import Room
    from jitgate_cosyvoice.card.known_cards import known_card

    from jitgate.device.device import choose_device, visible
    from jitgate.device.nvml import survey_cards
    from jitgate.device.reading import known

    survey = survey_cards()
    cards = visible(survey)
    if not cards:
        raise UsageError(f"--assess without a name: no card answers here ({survey.why_none}); {_known_names()}")
    chosen = choose_device(wish, lambda: cards, torch_has_cuda=True).card or cards[0]
    used = next((known(facts.memory_used_bytes) for facts in survey.cards if facts.uuid == chosen.uuid), None)
    same = known_card(chosen.name)
    sources = ["memory: the card's driver"] + ([f"bandwidth: {same.source}"] if same else [])
    return Room(chosen.name, chosen.memory_bytes, used or 0, same.bandwidth_bytes_s if same else None, tuple(sources))


def _known_names() -> str:
    from jitgate_cosyvoice.card.known_cards import KNOWN_CARDS

    return "name one of " + ", ".join(card.name for card in KNOWN_CARDS)
