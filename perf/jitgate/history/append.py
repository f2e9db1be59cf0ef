"""Writes runs into a store: a run is there whole, or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jitgate.history.record import RunRecord, SeriesKey

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from jitgate.history.database import Database


def append(database: Database, run: RunRecord) -> bool:
    """Store a run in one transaction; False where it is there already. HistoryError where it can't be stored."""
    from sqlalchemy import insert, select

    from jitgate.history.schema import POINT, ROUNDS, RUN

    with database.writing() as connection:
        if connection.execute(select(RUN.c.id).where(RUN.c.uid == run.uid)).first() is not None:
            return False
        run_id = connection.execute(insert(RUN).values(_row(run)).returning(RUN.c.id)).scalar_one()
        ids = _series_ids(connection, (point.series for point in run.points), run)
        points = []
        for point in run.points:
            values = asdict(point)
            values.pop("series")
            points.append({**values, "run_id": run_id, "series_id": ids[point.series]})
        if points:
            connection.execute(insert(POINT), points)
        for workload, scenario, turns in run.rounds:
            row = {"run_id": run_id, "workload": workload, "scenario": scenario, "turns": turns}
            connection.execute(insert(ROUNDS).values(row))
    return True


def _row(run: RunRecord) -> dict[str, Any]:
    plain = ("uid", "branch", "started_at", "host", "device", "fingerprint", "origin", "red", "odd")
    told = ("facts", "versions", "options", "declared")
    return {
        **{name: getattr(run, name) for name in (*plain, "dirty", "interrupted")},
        **{name: json.dumps(getattr(run, name), sort_keys=True, default=str) for name in told},
        "commit_id": run.commit,
        "parent_id": run.parent,
    }


def _series_ids(connection: Connection, wanted: Iterable[SeriesKey], run: RunRecord) -> dict[SeriesKey, int]:
    """Rows of series, made where they are missing. Two sessions may make one at the same time."""
    from sqlalchemy import select, update
    from sqlalchemy.dialects import postgresql, sqlite

    from jitgate.history.schema import SERIES

    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    found: dict[SeriesKey, int] = {}
    for key in dict.fromkeys(wanted):
        values = asdict(key)
        this = select(SERIES.c.id).where(*(SERIES.c[name] == value for name, value in values.items()))
        known = connection.execute(this).scalar()
        if known is None:
            connection.execute(insert(SERIES).values(values).on_conflict_do_nothing())
            known = connection.execute(this).scalar_one()
        found[key] = known
        if key.cell_id in run.aliases:
            earlier = json.dumps(run.aliases[key.cell_id])
            connection.execute(update(SERIES).where(SERIES.c.id == known).values(aliases=earlier))
    return found
