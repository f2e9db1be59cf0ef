"""`jitgate report`: a page of a stored run; or what a reviewer reads of a run (`--pr`). Nothing is measured.

Exit code 0; 4 bad input.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.cli.history_place import Place, place_of
from jitgate.cli.output import write, write_commands
from jitgate.model.errors import UsageError
from jitgate.report.writing import require_writable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from jitgate.history.record import RunRecord
    from jitgate.report.html.stored_page import SeriesOfRun

LAST = "last"


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add `report`."""
    text = "write a stored run as one HTML file, or a run for a pull request"
    parser = subparsers.add_parser("report", help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument(
        "run_id",
        metavar="RUN",
        nargs="?",
        help="the first digits of its id (`jitgate history export` has them), or last",
    )
    parser.add_argument("--to", metavar="FILE.html", type=Path, help="the file to write")
    parser.add_argument("--history", metavar="URL", help="the store; default: that of the project around this folder")
    review = parser.add_argument_group("for a pull request")
    review.add_argument("--pr", metavar="FILE.json", type=Path, help="what `pytest --jitgate-pull-request` has written")
    review.add_argument(
        "--newer-than",
        metavar="FILE",
        type=Path,
        nargs="+",
        default=[],
        help="refuse FILE.json where it is older than one of these (sources, or what the step before has written)",
    )
    review.add_argument("--comment", metavar="FILE.md", type=Path, help="write the comment")
    review.add_argument("--summary", metavar="FILE.md", type=Path, help="add to it, as to $GITHUB_STEP_SUMMARY")
    review.add_argument("--gitlab", metavar="FILE.txt", type=Path, help="write the note of a merge request")
    review.add_argument("--annotations", action="store_true", help="print annotations for GitHub")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write what was asked for; returns the exit code."""
    if arguments.pr is not None:
        return _for_review(arguments)
    if arguments.run_id is None or arguments.to is None:
        raise UsageError(
            "name a run and a file, as in: jitgate report last --to run.html; or a file, with --pr FILE.json"
        )
    if arguments.to.suffix != ".html":
        raise UsageError(f"--to {arguments.to} must end in .html")
    require_writable(arguments.to, f"--to {arguments.to}")
    from jitgate.report.html.render import render_page
    from jitgate.report.html.stored_page import stored_page

    place = place_of(arguments)
    with place.opened() as database, database.reading() as connection:
        record = _chosen(connection, arguments.run_id)
        page = stored_page(record, _series(connection, record, place))
    try:
        arguments.to.write_text(render_page(page), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--to {arguments.to} could not be written: {error.strerror}") from None
    write(f"the report lies in {arguments.to}")
    return 0


def _for_review(arguments: argparse.Namespace) -> int:
    from jitgate.model.plain_file import read_plain
    from jitgate.report.pull_request.annotations import commands
    from jitgate.report.pull_request.comment import comment, note, summary
    from jitgate.report.pull_request.data import NotBelieved, read

    if arguments.run_id is not None or arguments.to is not None:
        raise UsageError("--pr FILE.json is a run by itself; leave RUN and --to out")
    try:
        found = read(read_plain(arguments.pr, follow=True))
    except OSError as error:
        raise UsageError(f"--pr {arguments.pr} can't be read ({error.strerror})") from None
    except NotBelieved as problem:
        raise UsageError(f"--pr {arguments.pr} is not what --jitgate-pull-request writes: {problem}") from None
    except ValueError as problem:
        raise UsageError(f"--pr {problem}") from None
    _require_newer(arguments.pr, arguments.newer_than)
    for path, mode, made in (
        (arguments.comment, "w", comment),
        (arguments.summary, "a", summary),
        (arguments.gitlab, "w", note),
    ):
        if path is not None:
            _put(path, mode, made(found))
    if arguments.annotations:
        write_commands(commands(found))
    if not any((arguments.comment, arguments.summary, arguments.gitlab, arguments.annotations)):
        write(comment(found))
    return 0


def _require_newer(path: Path, others: Sequence[Path]) -> None:
    """UsageError for the file of an earlier run: pytest leaves it where it ends before it loads plugins."""
    for other in others:
        try:
            newer = path.stat().st_mtime_ns >= other.stat().st_mtime_ns
        except OSError as error:
            raise UsageError(f"--newer-than {other} can't be read ({error.strerror})") from None
        if not newer:
            raise UsageError(f"--pr {path} is older than {other}: it is of an earlier run; measure again")


def _put(path: Path, mode: str, text: str) -> None:
    try:
        with path.open(mode, encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path} can't be written ({error.strerror})") from None


def _chosen(connection: Connection, run_id: str) -> RunRecord:
    from sqlalchemy import select

    from jitgate.history.schema import RUN
    from jitgate.history.transfer import runs_of

    if run_id == LAST:
        run_id = connection.execute(select(RUN.c.uid).order_by(RUN.c.id.desc()).limit(1)).scalar() or LAST
    found = list(runs_of(connection, run_id))
    if len(found) != 1:
        raise UsageError(f"{run_id!r} is the id of {len(found)} runs; name one by more digits, or the newest by `last`")
    return found[0]


def _series(connection: Connection, record: RunRecord, place: Place) -> list[SeriesOfRun]:
    """Every series that the run has a figure of, with the acceptances about it."""
    from jitgate.history.accepted import read_accepted
    from jitgate.history.stored import all_series, points_of_each
    from jitgate.report.html.stored_page import SeriesOfRun

    own = {point.series for point in record.points}
    chosen = [each for each in all_series(connection) if each.key in own]
    points = points_of_each(connection, [each.id for each in chosen])
    accepted = read_accepted(place.accepted)
    return [SeriesOfRun(each.key, tuple(points[each.id]), tuple(accepted.of(each.key.id))) for each in chosen]
