"""`jitgate doctor`: what this machine is, and whether it is ready to measure. Nothing is measured.

Exit code 0: ready, though there may be warnings. 1: at least one blocking warning (a busy machine, a full card, no
torch). 4: bad input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jitgate.cli.output import show, write_data
from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from jitgate.device.device import Device
    from jitgate.device.reading import Reading

READY, NOT_READY = 0, 1


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    parser = subparsers.add_parser(
        "doctor",
        help="show this machine, and whether it is ready to measure",
        description="Shows this machine (without importing torch), what can be measured on it, and warnings, each "
        "with its remedy. Exit code 0 ready, 1 blocking warnings, 4 bad input.",
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
        write_data(report.as_json(seen, device, mark, found))
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
