"""What was read of a machine, for a person and for a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from jitgate.device.card import CardFacts, CardProcess
from jitgate.device.device import Device
from jitgate.device.fingerprint import Fingerprint
from jitgate.device.machine import Machine
from jitgate.device.reading import Missing, Reading, plain, reasons
from jitgate.model.size import format_bytes
from jitgate.report.warnings import MachineWarning

T = TypeVar("T")
Row = tuple[str | Text, str | Text]


def as_tables(machine: Machine, device: Device, fingerprint: Fingerprint, found: Sequence[MachineWarning]) -> Group:
    """Sections of facts, what can be measured here, the warnings, and whether the machine is ready to measure."""
    can, cannot = measurable(machine, device)
    cards = [(f"card {number}", _card(card)) for number, card in enumerate(machine.survey.cards)]
    sections: list[tuple[str, list[Row]]] = [
        *(cards or [("cards", [("none", machine.survey.why_none)])]),
        ("processor", _processor(machine)),
        ("host", _host(machine)),
        ("runtime", _runtime(machine)),
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
        "warnings": [
            {"name": warning.name, "what": warning.what, "remedy": warning.remedy, "blocking": warning.blocking}
            for warning in found
        ],
        "ready": ready(found),
    }


def ready(found: Iterable[MachineWarning]) -> bool:
    """Whether results measured now can be trusted: no warning is blocking."""
    return not any(warning.blocking for warning in found)


def conclusion(found: Sequence[MachineWarning]) -> str:
    """The last line."""
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


def _said(reading: Reading[T], form: Callable[[T], str] = str) -> str | Text:
    return Text(str(reading), "dim") if isinstance(reading, Missing) else form(reading)


def _switch(on: bool) -> str:
    return "on" if on else "off"


def _with(unit: str, digits: int = 0) -> Callable[[float], str]:
    return lambda value: f"{value:.{digits}f} {unit}"


def _limit(form: Callable[[T], str]) -> Callable[[T | None], str]:
    return lambda value: "no limit" if value is None else form(value)


def _card(card: CardFacts) -> list[Row]:
    return [
        ("name", card.name),
        ("UUID", card.uuid),
        ("memory", _said(card.memory_total_bytes, format_bytes)),
        ("used", _said(card.memory_used_bytes, format_bytes)),
        ("free", _said(card.memory_free_bytes, format_bytes)),
        ("compute capability", _said(card.compute_capability)),
        ("driver", _said(card.driver)),
        ("CUDA of the driver", _said(card.driver_cuda)),
        ("SM clock now", _said(card.sm_clock_mhz, _with("MHz"))),
        ("SM clock at most", _said(card.sm_clock_max_mhz, _with("MHz"))),
        ("memory clock now", _said(card.memory_clock_mhz, _with("MHz"))),
        ("memory clock at most", _said(card.memory_clock_max_mhz, _with("MHz"))),
        ("applications clocks", _said(card.applications_clocks, lambda clocks: f"{clocks} MHz (SM/memory)")),
        ("power", _said(card.power_w, _with("W", 1))),
        ("power limit", _said(card.power_limit_w, _with("W"))),
        ("temperature", _said(card.temperature_c, _with("degrees"))),
        ("utilisation", _said(card.utilisation_percent, _with("%"))),
        ("persistence", _said(card.persistence, _switch)),
        ("ECC", _said(card.ecc, _switch)),
        ("MIG", _said(card.mig, _switch)),
        ("driver model", _said(card.driver_model)),
        ("other processes", _said(card.processes, _processes)),
    ]


def _processes(found: tuple[CardProcess, ...]) -> str:
    def one(process: CardProcess) -> str:
        size = "memory hidden" if process.memory_bytes is None else format_bytes(process.memory_bytes)
        return f"{process.pid} {process.name or 'without a name'} ({size})"

    return ", ".join(map(one, found)) or "none seen"


def _facts(fingerprint: Fingerprint) -> list[Row]:
    return [(name, "none or not known" if value is None else str(value)) for name, value in fingerprint.facts().items()]


def _processor(machine: Machine) -> list[Row]:
    processor = machine.processor
    return [
        ("model", processor.model),
        ("cores", _said(processor.cores)),
        ("usable processors", str(processor.usable)),
        ("clock now", _said(processor.clock_mhz, _with("MHz"))),
        ("governor", _said(processor.governor)),
        ("turbo", _said(processor.turbo, _switch)),
    ]


def _host(machine: Machine) -> list[Row]:
    load, limits = machine.load, machine.limits
    return [
        ("load average, 1 min", _said(load.load_1m, "{:.2f}".format)),
        ("busy now", _said(load.busy_percent, _with("%"))),
        ("stolen now", _said(load.steal_percent, _with("%", 1))),
        ("memory", format_bytes(load.memory_total_bytes)),
        ("memory available", format_bytes(load.memory_available_bytes)),
        ("container: processors", _said(limits.cpu_cores, _limit("{:g}".format))),
        ("container: memory", _said(limits.memory_bytes, _limit(format_bytes))),
        ("on battery", _said(load.on_battery, lambda so: "yes" if so else "no")),
    ]


def _runtime(machine: Machine) -> list[Row]:
    runtime = machine.runtime
    return [
        ("python", runtime.python),
        ("system", runtime.system),
        ("torch", _said(runtime.torch)),
        ("CUDA of torch", _said(runtime.torch_cuda)),
        ("threads", _said(runtime.threads)),
        ("C++ compiler", _said(Missing(machine.missing_compiler) if machine.missing_compiler else "found")),
    ]
