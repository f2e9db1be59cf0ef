"""`jitgate COMMAND`: what needs no pytest."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, Protocol

import jitgate
from jitgate.cli import doctor, history, init, judge, report
from jitgate.model.errors import UsageError
from jitgate.model.printable import printable

BAD_INPUT = 4  # as pytest's own exit code for a usage error


class Command(Protocol):
    """A module of a command."""

    def register(self, subparsers: argparse._SubParsersAction[Any], /) -> None:
        """Add its parser, with a default `run`: (arguments) -> exit code."""
        ...


COMMANDS: tuple[Command, ...] = (init, doctor, judge, history, report)


class OneSentence(argparse.ArgumentParser):
    """Complains in one sentence with exit code 4; argparse's own 2 means INCONCLUSIVE here."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, printable(f"{self.prog}: {message}; see {self.prog} --help\n"))


def main(arguments: list[str] | None = None, *, prog: str = "jitgate", commands: Sequence[Command] = COMMANDS) -> int:
    """Run one command; returns its exit code, or exits with 4 on bad input.

    prog, commands: another package can offer its own commands through the same parser.
    """
    parser = OneSentence(prog=prog, description="Tools for jitgate's performance tests; `pytest` runs the tests.")
    parser.add_argument("--version", action="version", version=f"jitgate {jitgate.__version__}")
    subparsers = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True, parser_class=OneSentence
    )
    for command in commands:
        command.register(subparsers)
    chosen = parser.parse_args(arguments)
    try:
        code: int = chosen.run(chosen)
    except UsageError as problem:
        sys.stderr.write(printable(f"{prog} {chosen.command}: {problem}\n"))
        return BAD_INPUT
    return code
