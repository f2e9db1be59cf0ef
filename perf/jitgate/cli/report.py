"""`jitgate report RUN --to FILE.html`: a page of a stored run. Nothing is measured. Exit code 0; 4 bad input."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.cli.history_place import Place, place_of
from jitgate.cli.output import write
from jitgate.model.errors import UsageError
from jitgate.report.writing import require_writable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jitgate.history.record import RunRecord
    from jitgate.report.html.stored_page import SeriesOfRun

LAST = "last"


def register(subparsers: argparse._SubParsersAction[Any]) -> None:
    """Add `report`."""
    text = "write a stored run as one HTML file"
    parser = subparsers.add_parser("report", help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument(
        "run_id", metavar="RUN", help="the first digits of its id (`jitgate history export` has them), or last"
    )
    parser.add_argument("--to", required=True, metavar="FILE.html", type=Path, help="the file to write")
    parser.add_argument("--history", metavar="URL", help="the store; default: that of the project around this folder")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the page; returns the exit code."""
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
