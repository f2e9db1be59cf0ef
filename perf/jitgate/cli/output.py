"""Standard output of the commands."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jitgate.model.printable import encodable, printable

if TYPE_CHECKING:
    from rich.console import RenderableType

UNWRAPPED = 10_000
"""Columns where there is no terminal: each row of a table is one line."""


def write(text: str) -> None:
    """Print `text`, made printable. A reader that closes the pipe early (`| head`) does not change the exit code."""
    _write(printable(text))


def write_data(data: Any) -> None:
    """Print JSON as it is, in ASCII: no sign of it is a control, and none begins a command to a CI."""
    _write(json.dumps(data, indent=2, default=str).replace("##", "#\\u0023"))  # two of them stand in text alone


def write_commands(lines: Iterable[str]) -> None:
    """Print commands to a CI, which are ours: text of others in them has been made harmless where they were made."""
    for line in lines:
        _write(line)


def _write(text: str) -> None:
    try:
        print(encodable(text, sys.stdout.encoding), flush=True)  # noqa: T201
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show(content: RenderableType) -> None:
    """Print rich tables: in colour and wrapped on a terminal, as plain aligned lines elsewhere."""
    from rich.console import Console

    console = Console(markup=False, emoji=False, highlight=False)
    if console.is_terminal:
        console.print(content)
    else:
        write(plain_lines(content))


def plain_lines(content: RenderableType) -> str:
    """Tables as plain aligned lines, without colour and unwrapped."""
    from rich.console import Console

    text = io.StringIO()
    Console(file=text, width=UNWRAPPED, color_system=None, markup=False, emoji=False, highlight=False).print(content)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines())
