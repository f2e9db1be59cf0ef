"""`jitgate history list | show | changes | bisect-range`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jitgate.cli.history_place import matching, place_of
from jitgate.gates.tracked import RATIO, as_text

if TYPE_CHECKING:
    from jitgate.history.database import Database
    from jitgate.history.stored import StoredPoint, StoredSeries

Answer = tuple[int, str, Any]
"""Exit code, text, and the same as JSON."""

BARS = "▁▂▃▄▅▆▇█"


def listed(arguments: argparse.Namespace) -> Answer:
    """Every series."""
    with place_of(arguments).opened() as database:
        found = [(each, points) for each, points in _read(database, "*")]
    rows = [
        {
            "series": each.key.id,
            "machine": each.key.machine,
            "runs": len(points),
            "accepted": sum(not point.left_out for point in points),
            "last": points[-1].estimate,
        }
        for each, points in found
        if points
    ]
    lines = [
        f"{row['series']} on {row['machine']}: {runs_counted(int(str(row['runs'])))}, {row['accepted']} accepted, last "
        f"{as_text(str(row['series']).rpartition('/')[2], float(str(row['last'])))}"
        for row in rows
    ]
    return 0, "\n".join(lines) or "no runs yet", rows


def shown(arguments: argparse.Namespace) -> Answer:
    """The points of each series, and its line."""
    with place_of(arguments).opened() as database:
        found = _read(database, arguments.series)
    text, data = [], []
    for each, points in found:
        metric = each.key.metric
        text += [f"{each.key.id} on {each.key.machine}: {runs_counted(len(points))}", f"  {line_of(points)}"]
        text += [
            f"  {point.started_at} {point.commit[:10] or '-'} {as_text(metric, point.estimate)}"
            + (f", left out: {point.left_out}" if point.left_out else "")
            for point in points
        ]
        data.append(
            {"series": each.key.id, "machine": each.key.machine, "points": [point._asdict() for point in points]}
        )
    return 0, "\n".join(text), data


def runs_counted(count: int) -> str:
    """`1 run`, `2 runs`."""
    return f"{count} run{'s' * (count != 1)}"


def line_of(points: Sequence[StoredPoint]) -> str:
    """One block a run, from the lowest to the highest; `x` for one that is left out."""
    values = [point.estimate for point in points]
    low, high = min(values, default=0.0), max(values, default=0.0)
    steps = [round((value - low) / (high - low) * (len(BARS) - 1)) if high > low else 0 for value in values]
    return "".join("x" if point.left_out else BARS[step] for point, step in zip(points, steps, strict=True))


def changes(arguments: argparse.Namespace) -> Answer:
    """Change points and modes of accepted runs and of those that were red for a change alone."""
    from jitgate.statistics.changepoint import threshold
    from jitgate.statistics.modes import two_modes

    with place_of(arguments).opened() as database:
        found = _read(database, arguments.series)
    level = threshold(len(found))
    text, data = [], []
    for each, points in found:
        metric, name = each.key.metric, f"{each.key.id} on {each.key.machine}"
        kept = _countable(points)
        modes = two_modes([point.estimate for point in kept])
        if modes is not None:
            low, high = as_text(metric, modes.low), as_text(metric, modes.high)
            share = f"{1 - modes.share:.0%} and {modes.share:.0%} of {len(kept)} runs"
            text.append(f"{name}: two modes, {low} and {high}, {modes.gap:.1%} apart ({share})")
            data.append({"series": each.key.id, "machine": each.key.machine, "modes": vars(modes)})
            continue
        for change, before, after in _changed(kept, level):
            worse = (change.after < change.before) == (metric == RATIO)
            said = f"{as_text(metric, change.before)} -> {as_text(metric, change.after)}"
            between = f"{before.commit[:10] or before.started_at}..{after.commit[:10] or after.started_at}"
            text.append(f"{name}: {change.change:+.1%} ({said}), {'worse' if worse else 'better'}, at {between}")
            facts = {"worse": worse, "good": before.commit, "bad": after.commit, "change": change.change}
            data.append({"series": each.key.id, "machine": each.key.machine, **vars(change), **facts})
    bound = f"at most {1 / 100:.0%} false alarms per run over all {len(found)} series, where runs are exchangeable"
    return (1 if data else 0), "\n".join([*text, f"{len(data)} found; {bound}"]), data


def bisect_range(arguments: argparse.Namespace) -> Answer:
    """The commits of the last change for the worse, of each series."""
    from jitgate.history.commit import commits_between
    from jitgate.statistics.changepoint import threshold

    place = place_of(arguments)
    with place.opened() as database:
        found = _read(database, arguments.series)
    text, data = [], []
    for each, points in found:
        pair = _last_worse(points, each.key.metric == RATIO, threshold(len(found)))
        if pair is None:
            text.append(f"{each.key.id}: no change for the worse")
            continue
        good, bad = pair
        commits = commits_between(place.folder, good.commit, bad.commit) if good.commit and bad.commit else None
        named = f"{good.commit[:10] or good.started_at}..{bad.commit[:10] or bad.started_at}"
        text.append(f"{each.key.id}: good {named} bad")
        if commits is not None:
            text += [f"  {line}" for line in commits or ["the same commit: nothing of the code changed"]]
            text.append(f"  git bisect start {bad.commit[:10]} {good.commit[:10]}")
        data.append({"series": each.key.id, "good": good.commit, "bad": bad.commit, "commits": commits})
    return (1 if data else 0), "\n".join(text), data


def _last_worse(
    points: Sequence[StoredPoint], lower_is_worse: bool, level: float
) -> tuple[StoredPoint, StoredPoint] | None:
    """The last accepted run before, and the first run of the newest change for the worse."""
    red = [number for number, point in enumerate(points) if point.left_out == "red"]
    for number in reversed(red):
        good = next((point for point in reversed(points[:number]) if not point.left_out), None)
        before = points[number - 1] if number else None
        if good is not None and (before is None or before.left_out != "red"):
            return good, points[number]
    changed = [
        (before, after)
        for change, before, after in _changed(_countable(points), level)
        if (change.after < change.before) == lower_is_worse
    ]
    return changed[-1] if changed else None


def _changed(points: Sequence[StoredPoint], level: float) -> list[Any]:
    from jitgate.statistics.changepoint import change_points

    found = change_points([point.estimate for point in points], level)
    return [(change, points[change.index - 1], points[change.index]) for change in found]


def _countable(points: Sequence[StoredPoint]) -> list[StoredPoint]:
    """Runs whose figures can be believed: red ones too, since a regression is what is looked for."""
    return [point for point in points if point.left_out in ("", "red", "dirty")]


def _read(database: Database, pattern: str) -> list[tuple[StoredSeries, list[StoredPoint]]]:
    from jitgate.history.stored import all_series, points_of_each

    with database.reading() as connection:
        series = all_series(connection)
        chosen = matching(series, pattern) if pattern != "*" else series
        points = points_of_each(connection, [each.id for each in chosen])
    return [(each, points.get(each.id, [])) for each in chosen]
