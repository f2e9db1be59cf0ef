"""`jitgate doctor`: what this machine is, and what results from it are worth. Nothing is measured.

Exit code 0: results here are worth something, though there may be warnings. 1: at least one warning blocking them (a
busy machine, a full card, no torch): nothing measured now says anything. 4: bad input.
"""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    import argparse

    from jitgate.device.device import Device
    from jitgate.device.reading import Reading

WORTH_SOMETHING, WORTH_NOTHING, BAD_INPUT = 0, 1, 4


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add `doctor` to the command line."""
    parser = subparsers.add_parser(
        "doctor",
        help="facts of this machine, and what results from it are worth",
        description="Reads this machine without importing torch, says what can be measured here, and what speaks "
        "against it, each warning with its remedy. Exit code 0 results are worth something, 1 they are worth nothing "
        "now, 4 bad input.",
    )
    parser.add_argument(
        "--jitgate-device",
        metavar="DEVICE",
        default="auto",
        help="the device to judge, as pytest takes it: auto, cpu, cuda or cuda:N; default: auto",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for; returns the exit code."""
    try:
        return _examine(arguments)
    except UsageError as problem:
        sys.stderr.write(f"jitgate doctor: {problem}\n")
        return BAD_INPUT


def _examine(arguments: argparse.Namespace) -> int:
    from jitgate.device.device import choose_device, visible
    from jitgate.device.fingerprint import fingerprint
    from jitgate.device.machine import machine
    from jitgate.engines.inductor import Inductor
    from jitgate.report import machine as report
    from jitgate.report.warnings import warnings

    seen = machine(missing_compiler=Inductor().unavailable())
    device = choose_device(arguments.jitgate_device, lambda: visible(seen.survey))
    found = warnings(seen, device, _holder(device))
    mark = fingerprint(device)
    if arguments.json:
        _print(json.dumps(report.as_json(seen, device, mark, found), indent=2))
    else:
        _print("\n".join(report.as_text(seen, device, mark, found)))
    return WORTH_SOMETHING if report.ready(found) else WORTH_NOTHING


def _holder(device: Device) -> Reading[str | None]:
    from jitgate.device.lock import RunLock
    from jitgate.device.reading import Missing

    try:
        return RunLock(device).holder()
    except UsageError as problem:
        return Missing(str(problem))


def _print(text: str) -> None:
    try:
        print(text, flush=True)  # noqa: T201
    except BrokenPipeError:  # the reader has seen enough; the exit code still says what was found
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
