"""`jitgate COMMAND`: what needs no pytest."""

from __future__ import annotations

import argparse
from typing import NoReturn

from jitgate.cli import doctor, judge

BAD_INPUT = 4  # as pytest's own exit code for a usage error


class OneSentence(argparse.ArgumentParser):
    """Complains in one sentence with exit code 4; argparse has 2, which means INCONCLUSIVE here."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code, or exits with 4 on bad input."""
    parser = OneSentence(prog="jitgate", description="What jitgate can do without pytest.")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=OneSentence)
    doctor.register(subparsers)
    judge.register(subparsers)
    chosen = parser.parse_args(arguments)
    code: int = chosen.run(chosen)
    return code
