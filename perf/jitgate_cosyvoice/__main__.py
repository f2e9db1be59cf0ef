"""`python -m jitgate_cosyvoice COMMAND`: what needs no pytest."""

from __future__ import annotations

import sys

from jitgate.cli.main import main as run_command

from jitgate_cosyvoice.card import command as assess
from jitgate_cosyvoice.export import command as export


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code, or exits with 4 on bad input."""
    return run_command(arguments, prog="jitgate_cosyvoice", commands=(assess, export))


if __name__ == "__main__":
    sys.exit(main())
