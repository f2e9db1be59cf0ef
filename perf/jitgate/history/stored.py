"""Reads what is stored of a series: its points, each with what is known of its run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jitgate.history.record import SeriesKey

if TYPE_CHECKING:
    from sqlalchemy import Connection

MOST_NAMED = 500
"""Series that a query names one by one; of more, all are read."""

MOST_RUNS = 200
"""Of one series, the last ones. What is older says little of today's machine, and reading it costs time."""


@dataclass(frozen=True)
class StoredSeries:
    """A row of series. aliases: ids of cells that it was called before."""

    id: int
    key: SeriesKey
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredPoint:
    """A figure of a run, and why it can't be what later runs are compared with; "" where it can.

    only_regressed: it was worse than its level, and nothing else speaks against it.
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


def points_of(connection: Connection, series: Sequence[int], most: int = MOST_RUNS) -> list[StoredPoint]:
    """The last `most` points of these series together, the oldest first."""
    from sqlalchemy import select

    from jitgate.history.schema import POINT, RUN

    query = select(*_columns()).join(RUN, RUN.c.id == POINT.c.run_id).where(POINT.c.series_id.in_(series))
    rows = connection.execute(query.order_by(POINT.c.run_id.desc()).limit(most)).mappings().all()
    return [_point(row) for row in reversed(rows)]


def _point(row: Any) -> StoredPoint:
    names = ("run_id", "series_id", "estimate", "branch", "started_at", "inputs", "weights", "epoch", "fingerprint")
    known = {name: row[name] for name in names}
    reasons = list(_reasons(row))
    only_regressed = reasons == ["red"] and bool(row["regressed"])
    return StoredPoint(
        **known, commit=row["commit_id"], left_out=next(iter(reasons), ""), only_regressed=only_regressed
    )


def _reasons(row: Any) -> Iterator[str]:
    if row["odd"]:
        yield "marked odd"
    if row["interrupted"]:
        yield "interrupted"
    if row["dirty"]:
        yield "dirty"
    if row["red"]:
        yield "red"
    if row["left_out"]:
        yield row["left_out"]
    if row["regressed"]:
        yield "red"


def _series(row: Any) -> StoredSeries:
    fields = {name: row[name] for name in SeriesKey.__dataclass_fields__}
    return StoredSeries(row["id"], SeriesKey(**fields), tuple(json.loads(row["aliases"])))


def points_of_each(
    connection: Connection, series: Sequence[int], most: int = MOST_RUNS
) -> dict[int, list[StoredPoint]]:
    """Of each series the last `most` points, the oldest first."""
    from sqlalchemy import func, select

    from jitgate.history.schema import POINT, RUN

    place = func.row_number().over(partition_by=POINT.c.series_id, order_by=POINT.c.run_id.desc()).label("place")
    ranked = select(*_columns(), place).join(RUN, RUN.c.id == POINT.c.run_id)
    if len(series) <= MOST_NAMED:
        ranked = ranked.where(POINT.c.series_id.in_(series))
    inner = ranked.subquery()
    rows = connection.execute(select(inner).where(inner.c.place <= most).order_by(inner.c.run_id)).mappings()
    found: dict[int, list[StoredPoint]] = {}
    for row in rows:
        found.setdefault(row["series_id"], []).append(_point(row))
    return found


def _columns() -> tuple[Any, ...]:
    from jitgate.history.schema import POINT, RUN

    return (
        *(POINT.c[name] for name in ("run_id", "series_id", "estimate", "inputs", "weights", "epoch")),
        *(POINT.c.left_out, POINT.c.regressed, RUN.c.commit_id, RUN.c.branch, RUN.c.started_at, RUN.c.fingerprint),
        *(RUN.c[name] for name in ("dirty", "interrupted", "red", "odd")),
    )
