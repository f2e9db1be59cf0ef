"""Whole runs out of a store, as they went in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from jitgate.history.problem import DamagedRow
from jitgate.history.record import PointRecord, RunRecord
from jitgate.history.stored import StoredSeries, all_series
from jitgate.history.well_formed import whole

if TYPE_CHECKING:
    from sqlalchemy import Connection

TOLD = ("facts", "versions", "options", "declared")
PLAIN = ("uid", "branch", "started_at", "host", "device", "fingerprint", "origin", "red", "odd")


def runs_of(connection: Connection, uid: str = "") -> Iterator[RunRecord]:
    """Every run whose id begins with `uid`, the oldest first."""
    from sqlalchemy import select

    from jitgate.history.schema import POINT, ROUNDS, RUN

    series = {each.id: each for each in all_series(connection)}
    wanted = select(RUN).order_by(RUN.c.id)
    if uid:
        wanted = wanted.where(RUN.c.uid.startswith(uid, autoescape=True))
    for stored in connection.execute(wanted).mappings().all():
        row = whole(stored)
        points = connection.execute(select(POINT).where(POINT.c.run_id == row["id"]).order_by(POINT.c.id)).mappings()
        found = [(_of(series, point), whole(point)) for point in points.all()]
        kept = connection.execute(select(ROUNDS).where(ROUNDS.c.run_id == row["id"])).mappings()
        rounds = [whole(each) for each in kept]
        known: dict[str, Any] = {name: row[name] for name in (*PLAIN, "dirty", "interrupted")}
        yield RunRecord(
            **known,
            **{name: row[name] for name in TOLD},
            commit=row["commit_id"],
            parent=row["parent_id"],
            aliases={each.key.cell_id: list(each.aliases) for each, _ in found if each.aliases},
            points=tuple(
                PointRecord(
                    each.key, **{name: point[name] for name in PointRecord.__dataclass_fields__ if name != "series"}
                )
                for each, point in found
            ),
            rounds=tuple((each["workload"], each["scenario"], bytes(each["turns"])) for each in rounds),
        )


def _of(series: Mapping[int, StoredSeries], point: Mapping[Any, Any]) -> StoredSeries:
    found = series.get(point["series_id"])
    if found is None:
        raise DamagedRow(f"a figure of run {point['run_id']}, of a series that is gone")
    return found
