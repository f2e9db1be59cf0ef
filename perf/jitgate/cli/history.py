"""`jitgate history ...`: what was measured before. Nothing is measured.

Exit code 0; of `changes` and `doctor` 1 where there is something to look at; 4 bad input.
"""

from __future__ import annotations

import argparse
from typing import Any

from jitgate.cli import history_accept, history_files, history_show
from jitgate.cli.output import write, write_data

SERIES = "WORKLOAD/SCENARIO/VARIANT/METRIC, each a glob; what is left out at the end matches everything"


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add `history` and its own commands."""
    parser = subparsers.add_parser(
        "history", help="what earlier runs measured", description="Looks at, accepts and moves stored runs."
    )
    commands = parser.add_subparsers(title="commands", dest="what", metavar="COMMAND", required=True)

    def add(name: str, action: Any, text: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = commands.add_parser(
            name, help=text, description=f"{text[0].upper()}{text[1:]}."
        )
        made.add_argument("--history", metavar="URL", help="the store; default: that of the project around this folder")
        made.add_argument("--json", action="store_true", help="print JSON instead of text")
        made.set_defaults(run=run, action=action)
        return made

    def add_series(name: str, action: Any, text: str) -> argparse.ArgumentParser:
        made = add(name, action, text)
        made.add_argument("series", metavar="SERIES", help=SERIES)
        return made

    add("list", history_show.listed, "every series, with its runs and its last figure")
    add_series("show", history_show.shown, "the runs of a series, drawn")
    changes = add("changes", history_show.changes, "when series changed, and which jump between two modes")
    changes.add_argument("series", metavar="SERIES", nargs="?", default="*", help=SERIES)
    add_series("bisect-range", history_show.bisect_range, "the commits between the last good run and the first bad one")
    accept = add_series("accept", history_accept.accept, "accept the last change of a series, in accepted.toml")
    accept.add_argument("--reason", required=True, help="why; it is read in review")
    accept.add_argument("--up-to", metavar="SHARE", help="as in 5%%; default: the change that was measured, rounded up")
    accept.add_argument("--expires", metavar="DAY", help="as in 2027-03-01; from the day after, it is red again")
    retire = add_series("retire", history_accept.retire, "say that something is gone on purpose, in accepted.toml")
    retire.add_argument("--reason", required=True, help="why; it is read in review")
    odd = add("odd", history_accept.odd, "mark a run as odd: nothing is compared with it")
    odd.add_argument("run_id", metavar="RUN", help="the first digits of its id, as `show --json` prints it")
    odd.add_argument("--reason", required=True, help="why")
    imported = add(
        "import", history_files.imported, "store runs of pytest-benchmark's JSON, of exports and other stores"
    )
    imported.add_argument("paths", metavar="PATH", nargs="+", help="files, or folders with all below them")
    exported = add("export", history_files.exported, "every run as JSON, one a line")
    exported.add_argument("path", metavar="FILE.jsonl")
    prune = add("prune", history_files.pruned, "remove runs that no series needs")
    prune.add_argument(
        "--keep",
        metavar="N",
        type=int,
        required=True,
        help="of each series the last N accepted runs stay, and all since",
    )
    add("doctor", history_files.doctor, "whether the store is whole, and what waits")


def run(arguments: argparse.Namespace) -> int:
    """Print what was asked for; returns the exit code."""
    code, text, data = arguments.action(arguments)
    if arguments.json:
        write_data(data)
    else:
        write(text)
    return int(code)
