"""What was read of a machine, for a person and for a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from jitgate.device.card import CardProcess
from jitgate.device.device import Device
from jitgate.device.fingerprint import Fingerprint
from jitgate.device.machine import Machine
from jitgate.device.reading import Missing, plain, reasons
from jitgate.model.size import format_bytes
from jitgate.report.warnings import MachineWarning

Row = tuple[str | Text, str | Text]

UNITS: Mapping[str, Callable[[float], str]] = {
    "bytes": format_bytes,
    "mhz": "{:.0f} MHz".format,
    "w": "{:.4g} W".format,
    "c": "{:.0f} degrees".format,
    "percent": "{:.3g} %".format,
    "1m": "{:.2f}".format,
}
"""The end of a fact's name -> its value in words."""


def as_tables(machine: Machine, device: Device, fingerprint: Fingerprint, found: Sequence[MachineWarning]) -> Group:
    """Sections of facts, what can be measured here, the warnings, and whether the machine is ready to measure."""
    can, cannot = measurable(machine, device)
    cards = [(f"card {number}", _rows(card)) for number, card in enumerate(machine.survey.cards)]
    sections: list[tuple[str, list[Row]]] = [
        *(cards or [("cards", [("none", machine.survey.why_none)])]),
        ("processor", _rows(machine.processor)),
        ("host", _rows(machine.load)),
        ("container", _rows(machine.limits)),
        ("runtime", [*_rows(machine.runtime), ("C++ compiler", machine.missing_compiler or "found")]),
        (f"fingerprint of {device.name}: {fingerprint.slug}", _facts(fingerprint)),
        ("can be measured here", [("-", what) for what in can]),
        ("can't be measured here", [("-", what) for what in cannot]),
        ("warnings", [_warning(warning) for warning in found]),
    ]
    last = Text(conclusion(found), "green" if ready(found) else "red")
    return Group(*(_section(title, rows) for title, rows in sections if rows), last)


def as_json(
    machine: Machine, device: Device, fingerprint: Fingerprint, found: Sequence[MachineWarning]
) -> dict[str, Any]:
    """The same as plain data: null where a value could not be read, and `missing` says why."""
    facts: dict[str, Any] = {
        "cards": machine.survey.cards,
        "processor": machine.processor,
        "host": machine.load,
        "limits": machine.limits,
        "runtime": machine.runtime,
    }
    can, cannot = measurable(machine, device)
    return {
        **{name: plain(value) for name, value in facts.items()},
        "missing": {**({"cards": machine.survey.why_none} if machine.survey.why_none else {}), **reasons(facts)},
        "device": device.name,
        "fingerprint": {"slug": fingerprint.slug, **fingerprint.facts()},
        "measurable": {"can": can, "cannot": cannot},
        "warnings": [asdict(warning) for warning in found],
        "ready": ready(found),
    }


def ready(found: Iterable[MachineWarning]) -> bool:
    """Whether results measured now can be trusted: no warning is blocking."""
    return not any(warning.blocking for warning in found)


def conclusion(found: Sequence[MachineWarning]) -> str:
    blocking = sum(warning.blocking for warning in found)
    if blocking:
        return f"Not ready to measure: fix the {_count(blocking, 'blocking warning')} above."
    return f"Ready to measure, with {_count(len(found), 'warning')}." if found else "Ready to measure."


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def measurable(machine: Machine, device: Device) -> tuple[list[str], list[str]]:
    """What can and what can't be measured on this machine."""
    built = "" if machine.missing_compiler is None else ", except inductor, which has no compiler here"
    can = [f"speed-ups, durations, accuracy and the workers' own memory on the CPU, of every variant{built}"]
    if device.card is not None:
        return [*can, f"the same on {device.card.name}, with the card's memory"], []
    needs = "an NVIDIA card with its driver and a torch built for CUDA"
    return can, [f"gates for cuda, a card's memory, clocks and power: they need {needs}"]


def _section(title: str, rows: Iterable[Row]) -> Group:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(label, value)
    return Group(Text(title, "bold"), Padding(table, (0, 0, 1, 2), expand=False))


def _warning(warning: MachineWarning) -> Row:
    return Text("blocking", "red") if warning.blocking else Text("warning", "yellow"), warning.sentence


def _rows(facts: object) -> list[Row]:
    """A row a field: its name in words, and its value in the unit that the name ends in."""
    return [_row(name, value) for name, value in vars(facts).items()]


def _row(name: str, value: object) -> Row:
    words, _, unit = name.rpartition("_")
    form = UNITS.get(unit)
    return (words if form else name).replace("_", " "), _said(value, form or str)


def _said(value: Any, form: Callable[[Any], str]) -> str | Text:
    if isinstance(value, Missing):
        return Text(str(value), "dim")
    if value is None:
        return "no limit"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(_process, value)) or "none seen" if isinstance(value, tuple) else form(value)


def _process(process: CardProcess) -> str:
    size = "memory hidden" if process.memory_bytes is None else format_bytes(process.memory_bytes)
    return f"{process.pid} {process.name or 'without a name'} ({size})"


def _facts(fingerprint: Fingerprint) -> list[Row]:
    return [(name, "none or not known" if value is None else str(value)) for name, value in fingerprint.facts().items()]
