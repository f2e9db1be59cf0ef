"""What the probes read of a machine, for a person and for a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from jitgate.device.card import CardFacts, CardProcess
from jitgate.device.device import Device
from jitgate.device.fingerprint import Fingerprint
from jitgate.device.machine import Machine
from jitgate.device.reading import Missing, Reading, plain, reasons
from jitgate.model.size import format_bytes
from jitgate.report.warnings import MachineWarning

T = TypeVar("T")
Row = tuple[str, str]


def as_text(machine: Machine, device: Device, fingerprint: Fingerprint, found: Sequence[MachineWarning]) -> list[str]:
    """Sections of facts, then what can be measured here, then the warnings and what they come to."""
    lines: list[str] = []
    if not machine.survey.cards:
        lines += [f"card: none answers ({machine.survey.why_none})", ""]
    for number, card in enumerate(machine.survey.cards):
        lines += _section(f"card {number}", _card(card))
    lines += _section("processor", _processor(machine))
    lines += _section("host", _host(machine))
    lines += _section("runtime", _runtime(machine))
    facts = fingerprint.facts().items()
    lines += _section(
        f"fingerprint of {device.name}: {fingerprint.slug}",
        [(name, "none or not known" if value is None else str(value)) for name, value in facts],
    )
    can, cannot = measurable(machine, device)
    lines += ["can be measured here:", *(f"  {what}" for what in can)]
    lines += ["can't be measured here:", *(f"  {what}" for what in cannot)] if cannot else []
    lines += ["", "warnings:" if found else "warnings: none"]
    lines += [f"  {warning.sentence}{' [blocking results]' if warning.blocking else ''}" for warning in found]
    return [*lines, "", conclusion(found)]


def as_json(
    machine: Machine, device: Device, fingerprint: Fingerprint, found: Sequence[MachineWarning]
) -> dict[str, Any]:
    """The same as plain data: null for what could not be read, and `missing` says why."""
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
    """Whether results from here say anything as things are."""
    return not any(warning.blocking for warning in found)


def conclusion(found: Sequence[MachineWarning]) -> str:
    """The last line."""
    spoiling = sum(warning.blocking for warning in found)
    if spoiling:
        return f"results here are worth nothing now: {spoiling} of the warnings must be settled first"
    if found:
        return f"results here are worth something, with {len(found)} warning{'s' if len(found) > 1 else ''}"
    return "results here are worth something"


def measurable(machine: Machine, device: Device) -> tuple[list[str], list[str]]:
    """What can and what can't be measured on this machine."""
    built = "" if machine.missing_compiler is None else ", but for inductor, which has no compiler here"
    can = [f"speed-ups, durations, accuracy and the workers' own memory on the CPU, of every variant{built}"]
    if device.card is not None:
        return [*can, f"the same on {device.card.name}, with the card's memory"], []
    needs = "they need an NVIDIA card with its driver and a torch that is built for CUDA"
    return can, [
        f"anything of a card: gates for cuda, memory on the card, clocks and power; {needs}",
        "whether a model fits a card: not measured, but worked out by `jitgate doctor --assess CARD`",
    ]


def _section(title: str, rows: Sequence[Row]) -> list[str]:
    width = max(len(label) for label, _ in rows)
    return [title, *(f"  {label:<{width}}  {value}" for label, value in rows), ""]


def _said(reading: Reading[T], form: Callable[[T], str] = str) -> str:
    return str(reading) if isinstance(reading, Missing) else form(reading)


def _switch(on: bool) -> str:
    return "on" if on else "off"


def _with(unit: str, digits: int = 0) -> Callable[[float], str]:
    return lambda value: f"{value:.{digits}f} {unit}"


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
        ("container: processors", _said(limits.cpu_cores, lambda cores: "no limit" if cores is None else f"{cores:g}")),
        (
            "container: memory",
            _said(limits.memory_bytes, lambda size: "no limit" if size is None else format_bytes(size)),
        ),
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
        (
            "C++ compiler",
            "found" if machine.missing_compiler is None else f"not available here: {machine.missing_compiler}",
        ),
    ]
