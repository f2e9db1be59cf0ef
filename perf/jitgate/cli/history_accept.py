"""`jitgate history accept | retire | odd`: what a person decides, in words that are reviewed."""

from __future__ import annotations

import argparse
import math
from datetime import date
from typing import TYPE_CHECKING

from jitgate.cli.history_place import matching, place_of
from jitgate.cli.history_show import Answer
from jitgate.gates.tracked import METRICS, RATIO
from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    from jitgate.history.accepted import AcceptedFile
    from jitgate.history.stored import StoredPoint, StoredSeries


def accept(arguments: argparse.Namespace) -> Answer:
    """Write an entry for each series whose last run differs from its level, or measures something else."""
    from jitgate.history.accepted import Accepted, check_looseness, read_accepted, share_of
    from jitgate.history.commit import commit_of
    from jitgate.history.stored import all_series, points_of

    if not arguments.reason.strip():
        raise UsageError("--reason must say why")
    expires = _day(arguments.expires) if arguments.expires else None
    place = place_of(arguments)
    file = read_accepted(place.accepted)
    with place.opened() as database, database.reading() as connection:
        found = [
            (each, points_of(connection, [each.id])) for each in matching(all_series(connection), arguments.series)
        ]
    latest = max((points[-1].run_id for _, points in found if points), default=None)
    entries = []
    for each, points in found:
        if not points or points[-1].run_id != latest:
            continue
        change = _change(each, points, file)
        if change is None:
            continue
        up_to = (
            math.ceil(max(change, 0.0) * 100) / 100 if arguments.up_to is None else share_of(arguments.up_to, "--up-to")
        )
        check_looseness(change, up_to, each.key.id)
        last = points[-1]
        entries.append(
            Accepted(
                *(each.key.id, arguments.reason, round(change, 4), up_to),
                commit=last.commit,
                author=commit_of(place.folder).author,
                inputs=last.inputs,
                weights=last.weights,
                expires=expires,
            )
        )
    if not entries:
        raise UsageError(
            f"{arguments.series}: the last run has nothing to accept: it has no earlier level, or is at it"
        )
    for entry in entries:
        file.add(entry.as_toml())
    text = [f"accepted {entry.series}: {entry.change:+.1%}, up to {entry.up_to:.1%}" for entry in entries]
    return 0, "\n".join([*text, f"commit {place.accepted} for review"]), [vars(entry) for entry in entries]


def _change(series: StoredSeries, points: list[StoredPoint], file: AcceptedFile) -> float | None:
    """Of the last run against its accepted level, above 0 is worse; 0 for other inputs or weights; None for none."""
    from jitgate.history.levels import Now, past_series

    last, lower = points[-1], series.key.metric == RATIO
    known = (series.key.id, last.inputs, last.weights, last.fingerprint, last.branch, None, date.min)
    past = past_series(points[:-1], Now(*known, lower_is_worse=lower), file.of(series.key.id), 1)
    if past.problem:
        return 0.0
    level = past.accepted or past.before
    if not level or not last.left_out:
        return None
    middle = math.exp(sum(map(math.log, level)) / len(level))
    return middle / last.estimate - 1 if lower else last.estimate / middle - 1


def retire(arguments: argparse.Namespace) -> Answer:
    """Write an entry of what goes on purpose."""
    from jitgate.history.accepted import read_accepted, retirement

    if not arguments.reason.strip():
        raise UsageError("--reason must say why")
    fields = arguments.series.split("/")
    if len(fields) == 4 and fields[3] in METRICS:
        raise UsageError(f"{arguments.series}: a scenario or a variant goes with all its figures; leave the metric out")
    place = place_of(arguments)
    read_accepted(place.accepted).add(retirement(arguments.series, arguments.reason))
    said = f"retired {arguments.series}; commit {place.accepted} for review"
    return 0, said, {"series": arguments.series, "reason": arguments.reason}


def odd(arguments: argparse.Namespace) -> Answer:
    """Mark a run."""
    from sqlalchemy import select, update

    from jitgate.history.schema import RUN

    with place_of(arguments).opened() as database, database.writing() as connection:
        query = select(RUN.c.uid, RUN.c.started_at).where(RUN.c.uid.startswith(arguments.run_id, autoescape=True))
        found = connection.execute(query).all()
        if len(found) != 1:
            raise UsageError(f"{arguments.run_id!r} is the id of {len(found)} runs; `jitgate history show` has the ids")
        uid, started_at = found[0]
        connection.execute(update(RUN).where(RUN.c.uid == uid).values(odd=arguments.reason))
    return 0, f"run {uid} of {started_at} is marked odd", {"run": uid, "odd": arguments.reason}


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--expires {text!r} must be a day, as in 2027-03-01") from None
