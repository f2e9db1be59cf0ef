"""Standard output of the commands."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

UNWRAPPED = 10_000
"""Columns where there is no terminal: each row of a table is one line."""


def write(text: str) -> None:
    """Print `text`. A reader that closes the pipe early (`| head`) does not change the exit code."""
    try:
        print(text, flush=True)  # noqa: T201
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
