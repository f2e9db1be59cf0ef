"""Reads what is stored of a series: its points, each with what is known of its run."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from jitgate.history.problem import DamagedRow
from jitgate.history.record import SeriesKey
from jitgate.history.well_formed import typed, whole

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_RUNS = 200
"""Of one series, the last ones. What is older says little of today's machine, and reading it costs time."""


@dataclass(frozen=True)
class StoredSeries:
    """A row of series. aliases: ids of cells that it was called before."""

    id: int
    key: SeriesKey
    aliases: tuple[str, ...] = ()


class StoredPoint(NamedTuple):
    """A figure of a run, and why it can't be what later runs are compared with; "" where it can.

    regressed: it was worse than its level. only_regressed: and nothing else speaks against it.
    """

    run_id: int
    series_id: int
    estimate: float
    commit: str
    branch: str
    started_at: str
    inputs: str
    weights: str
    epoch: str
    left_out: str
    fingerprint: str
    only_regressed: bool = False
    regressed: bool = False


def all_series(connection: Connection) -> list[StoredSeries]:
    """Every series, the oldest first."""
    from sqlalchemy import select

    from jitgate.history.schema import SERIES

    return [_series(row) for row in connection.execute(select(SERIES).order_by(SERIES.c.id)).mappings()]


def series_named(connection: Connection, cells: Iterable[str], metric: str) -> list[StoredSeries]:
    """Series of a metric of these cells, and those that have one of these names among their earlier ones."""
    from sqlalchemy import or_, select

    from jitgate.history.schema import SERIES

    wanted = list(cells)
    there = [
        (SERIES.c.workload == workload) & (SERIES.c.scenario == scenario) & (SERIES.c.variant == variant)
        for workload, scenario, variant in (cell.split("/") for cell in wanted)
    ]
    query = select(SERIES).where(SERIES.c.metric == metric, or_(*there))
    return [_series(row) for row in connection.execute(query.order_by(SERIES.c.id)).mappings()]


class _Run(NamedTuple):
    """What points take from their run. why: it can be no baseline; "" where it can."""

    commit: str
    branch: str
    started_at: str
    fingerprint: str
    why: str


def points_of(connection: Connection, series: Sequence[int], most: int = MOST_RUNS) -> list[StoredPoint]:
    """The last `most` points of these series together, the oldest first."""
    from sqlalchemy import select

    from jitgate.history.schema import POINT

    rows = connection.execute(
        select(*_columns()).where(POINT.c.series_id.in_(series)).order_by(POINT.c.run_id.desc()).limit(most)
    ).all()
    return _points(rows, _runs(connection, rows[-1].run_id) if rows else {})


def points_of_each(
    connection: Connection, series: Sequence[int], most: int = MOST_RUNS
) -> dict[int, list[StoredPoint]]:
    """Of each series the last `most` points, the oldest first. A query a series: the index gives each at once."""
    from sqlalchemy import bindparam, select

    from jitgate.history.schema import POINT

    one = POINT.c.series_id == bindparam("one")
    query = select(*_columns()).where(one).order_by(POINT.c.run_id.desc()).limit(most)
    runs = _runs(connection, 0)
    return {each: _points(connection.execute(query, {"one": each}).all(), runs) for each in series}


def needed_runs(connection: Connection, keep: int) -> set[int]:
    """Runs that a series has among its last `keep` accepted points or later; all of them where it has fewer."""
    from sqlalchemy import select

    from jitgate.history.schema import POINT, RUN

    accepted = Counter[int]()
    needed = set[int]()
    bad = (RUN.c.odd != "") | (RUN.c.red != "") | RUN.c.interrupted | RUN.c.dirty
    point = (POINT.c.left_out != "") | POINT.c.regressed
    query = select(POINT.c.series_id, RUN.c.id, bad | point).join(RUN, RUN.c.id == POINT.c.run_id)
    for series_id, run_id, left_out in connection.execute(query.order_by(RUN.c.id.desc())):
        if accepted[series_id] < keep:
            needed.add(run_id)
            accepted[series_id] += not left_out
    newest = select(RUN.c.id).order_by(RUN.c.id.desc()).limit(keep)
    return needed | set(connection.execute(newest).scalars())


def _columns() -> tuple[Any, ...]:
    """In the order in which `_points` takes them apart."""
    from jitgate.history.schema import POINT

    names = ("run_id", "series_id", "estimate", "inputs", "weights", "epoch", "left_out", "regressed")
    return tuple(POINT.c[name] for name in names)


_OF_A_POINT = (int, int, float, str, str, str, str, bool)
_OF_A_RUN = (int, str, str, str, str, str, bool, bool, str)
"""Types of the columns in `_columns` and `_runs`: what SQLite takes into any column is looked at before it is used."""


def _points(rows: Sequence[Any], runs: Mapping[int, _Run]) -> list[StoredPoint]:
    """rows: the newest first."""
    found = []
    typed(rows, _OF_A_POINT, "a figure of run")
    for run_id, series_id, estimate, inputs, weights, epoch, left_out, regressed in reversed(rows):
        run = runs.get(run_id)
        if run is None or not 0.0 < estimate < math.inf:
            raise DamagedRow(f"a figure of run {run_id}")
        why = run.why or left_out or ("red" if regressed else "")
        found.append(
            StoredPoint(
                *(run_id, series_id, estimate, run.commit, run.branch, run.started_at, inputs, weights, epoch),
                why,
                run.fingerprint,
                regressed and not run.why and not left_out,
                regressed,
            )
        )
    return found


def _runs(connection: Connection, first: int) -> dict[int, _Run]:
    """Runs from an id on."""
    from sqlalchemy import select

    from jitgate.history.schema import RUN

    columns = [RUN.c[name] for name in ("id", "commit_id", "branch", "started_at", "fingerprint")]
    marks = [RUN.c[name] for name in ("odd", "interrupted", "dirty", "red")]
    rows = connection.execute(select(*columns, *marks).where(RUN.c.id >= first)).all()
    typed(rows, _OF_A_RUN, "run")
    return {row[0]: _Run(row[1], row[2], row[3], row[4], _reason(*row[5:])) for row in rows}


def _reason(odd: str, interrupted: bool, dirty: bool, red: str) -> str:
    named = {"marked odd": odd, "interrupted": interrupted, "dirty": dirty, "red": red}
    return next((why for why, value in named.items() if value), "")


def _series(row: Any) -> StoredSeries:
    found = whole(row)
    fields = {name: found[name] for name in SeriesKey.__dataclass_fields__}
    return StoredSeries(found["id"], SeriesKey(**fields), tuple(found["aliases"]))
