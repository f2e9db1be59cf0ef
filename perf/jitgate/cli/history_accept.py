"""`jitgate history accept | retire | odd`: what a person decides, in words that are reviewed."""

from __future__ import annotations

import argparse
import glob
import math
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from jitgate.cli.history_place import matching, place_of
from jitgate.cli.history_show import Answer
from jitgate.gates.tracked import METRICS, RATIO
from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jitgate.cli.history_place import Place
    from jitgate.history.accepted import Accepted, AcceptedFile
    from jitgate.history.stored import StoredPoint, StoredSeries


def accept(arguments: argparse.Namespace) -> Answer:
    """Write an entry for each series whose last run differs from its level, or measures something else.

    Where an acceptance has expired it is renewed, and nothing else is accepted.
    """
    from jitgate.history.accepted import Accepted, check_looseness, read_accepted, share_of, whole_percent
    from jitgate.history.commit import commit_of
    from jitgate.history.stored import all_series, points_of

    if not arguments.reason.strip():
        raise UsageError("--reason must say why")
    today = datetime.now(UTC).date()
    expires = None if arguments.expires is None else _day(arguments.expires, today)
    place = place_of(arguments)
    file = read_accepted(place.accepted)
    with place.opened() as database, database.reading() as connection:
        found = [
            (each, points_of(connection, [each.id])) for each in matching(all_series(connection), arguments.series)
        ]
    names = {each.id: (each.key.id, *_before(place, each)) for each, _ in found}
    over = dict.fromkeys(entry for each, _ in found for entry in file.of(*names[each.id]) if entry.expired(today))
    if over:
        return _written(file, [_renewed(entry, arguments, expires) for entry in over])
    latest = max((points[-1].run_id for _, points in found if points), default=None)
    entries = []
    for each, points in found:
        if not points or points[-1].run_id != latest:
            continue
        change = _change(each, points, file.of(*names[each.id]))
        if change is None:
            continue
        change = round(change, 4)
        up_to = max(whole_percent(change), 0.0) if arguments.up_to is None else share_of(arguments.up_to, "--up-to")
        check_looseness(change, up_to, each.key.id)
        last = points[-1]
        entries.append(
            Accepted(
                *(glob.escape(each.key.id), arguments.reason, change, up_to),
                commit=last.commit,
                author=commit_of(place.folder).author,
                inputs=last.inputs,
                weights=last.weights,
                expires=expires,
            )
        )
    if not entries:
        raise UsageError(
            f"{arguments.series}: there is nothing to accept: the last run has no earlier level, its max_regression "
            "holds, and `jitgate history changes` shows no change for the worse in it"
        )
    return _written(file, entries)


def _written(file: AcceptedFile, entries: Sequence[Accepted]) -> Answer:
    for entry in entries:
        file.add(entry.as_toml())
    text = [f"accepted {entry.series}: {entry.change:+.1%}, up to {entry.up_to:.1%}" for entry in entries]
    return 0, "\n".join([*text, f"commit {file.path} for review"]), [vars(entry) for entry in entries]


def _before(place: Place, series: StoredSeries) -> list[str]:
    """Earlier names of a series, and the one that it has now where the project has renamed it."""
    settings, metric = place.settings, series.key.metric
    names = [*settings.before(series.key.cell_id), *series.aliases, settings.now(series.key.cell_id)]
    return [f"{name}/{metric}" for name in names if name != series.key.cell_id]


def _renewed(entry: Accepted, arguments: argparse.Namespace, expires: date | None) -> Accepted:
    """The same acceptance with another day and reason; it stands for the same runs."""
    from jitgate.history.accepted import check_looseness, share_of

    up_to = entry.up_to if arguments.up_to is None else share_of(arguments.up_to, "--up-to")
    check_looseness(entry.change, up_to, entry.series)
    return replace(entry, reason=arguments.reason, expires=expires, up_to=up_to)


def _change(series: StoredSeries, points: list[StoredPoint], accepted: Sequence[Accepted]) -> float | None:
    """Of the last run against its accepted level, above 0 is worse; 0 for other inputs or weights; None for a figure
    that has neither failed its gate nor changed for the worse in runs that count."""
    from jitgate.history.levels import Now, has_worsened, past_series

    last, lower = points[-1], series.key.metric == RATIO
    known = (series.key.id, last.inputs, last.weights, last.fingerprint, last.branch, None, date.min)
    now = Now(*known, lower_is_worse=lower)
    past = past_series(points[:-1], now, accepted, 1)
    if past.problem:
        return 0.0
    level = past.accepted or past.before
    if not level or not (last.regressed or (not last.left_out and has_worsened(points, now, accepted))):
        return None
    middle = math.exp(sum(map(math.log, level)) / len(level))
    return middle / last.estimate - 1 if lower else last.estimate / middle - 1


def retire(arguments: argparse.Namespace) -> Answer:
    """Write an entry of what goes on purpose."""
    from jitgate.history.accepted import read_accepted, retirement

    if not arguments.reason.strip():
        raise UsageError("--reason must say why")
    fields = arguments.series.split("/")
    if not fields[0].strip("*? ") and not "".join(fields[1:]).strip("*? "):
        raise UsageError(f"{arguments.series!r} would retire everything; name a workload, a scenario or a variant")
    if len(fields) == 4 and fields[3] in METRICS:
        raise UsageError(f"{arguments.series}: a scenario or a variant goes with all its figures; leave the metric out")
    place = place_of(arguments)
    read_accepted(place.accepted).add(retirement(arguments.series, arguments.reason))
    said = f"retired {arguments.series}; commit {place.accepted} for review{_unknown(place, arguments.series)}"
    return 0, said, {"series": arguments.series, "reason": arguments.reason}


def _unknown(place: Place, pattern: str) -> str:
    """What to say where the store, if one is here, has nothing of that name; a run that misses it may have another."""
    from jitgate.config.history_settings import Retired
    from jitgate.history.stored import all_series

    try:
        with place.opened() as database, database.reading() as connection:
            cells = list(dict.fromkeys(each.key.cell_id for each in all_series(connection)))
    except UsageError:
        return ""
    entry = Retired(pattern.rsplit("/", 1)[0] if pattern.count("/") == 3 else pattern, "")
    if not cells or any(entry.covers(cell) for cell in cells):
        return ""
    return f"\nno series of this history is called so; there are: {', '.join(cells[:5])}"


def odd(arguments: argparse.Namespace) -> Answer:
    """Mark a run."""
    from sqlalchemy import select, update

    from jitgate.history.schema import RUN

    if not arguments.reason.strip():
        raise UsageError("--reason must say why")
    with place_of(arguments).opened() as database, database.writing() as connection:
        query = select(RUN.c.uid, RUN.c.started_at).where(RUN.c.uid.startswith(arguments.run_id, autoescape=True))
        found = connection.execute(query).all()
        if len(found) != 1:
            raise UsageError(f"{arguments.run_id!r} is the id of {len(found)} runs; `jitgate history show` has the ids")
        uid, started_at = found[0]
        connection.execute(update(RUN).where(RUN.c.uid == uid).values(odd=arguments.reason))
    return 0, f"run {uid} of {started_at} is marked odd", {"run": uid, "odd": arguments.reason}


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"--expires {text!r} must be a day, as in 2027-03-01") from None
    if day < today:
        raise UsageError(f"--expires {text} is over; name a day to come")
    return day
