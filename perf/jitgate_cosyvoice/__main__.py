"""`python -m jitgate_cosyvoice COMMAND`: what needs no pytest."""

from __future__ import annotations

import sys

from jitgate.cli.main import OneSentence

from jitgate_cosyvoice.card import command as assess
from jitgate_cosyvoice.export import command as export


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code, or exits with 4 on bad input."""
    parser = OneSentence(prog="jitgate_cosyvoice", description="Tools for CosyVoice and CosyVoice2.")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=OneSentence)
    assess.register(subparsers)
    export.register(subparsers)
    chosen = parser.parse_args(arguments)
    code: int = chosen.run(chosen)
    return code


if __name__ == "__main__":
    sys.exit(main())
