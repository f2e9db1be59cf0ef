"""Whole runs out of a store, as they went in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jitgate.history.record import PointRecord, RunRecord
from jitgate.history.stored import all_series

if TYPE_CHECKING:
    from sqlalchemy import Connection

TOLD = ("facts", "versions", "options", "declared")
PLAIN = ("uid", "branch", "started_at", "host", "device", "fingerprint", "origin", "red", "odd")


def runs_of(connection: Connection, uid: str = "") -> Iterator[RunRecord]:
    """Every run whose id begins with `uid`, the oldest first."""
    from sqlalchemy import select

    from jitgate.history.schema import POINT, ROUNDS, RUN

    series = {each.id: each for each in all_series(connection)}
    wanted = select(RUN).where(RUN.c.uid.startswith(uid, autoescape=True)).order_by(RUN.c.id)
    for row in connection.execute(wanted).mappings().all():
        points = connection.execute(select(POINT).where(POINT.c.run_id == row["id"]).order_by(POINT.c.id)).mappings()
        found = [(series[point["series_id"]], point) for point in points]
        rounds = connection.execute(select(ROUNDS).where(ROUNDS.c.run_id == row["id"])).mappings()
        known: dict[str, Any] = {name: row[name] for name in (*PLAIN, "dirty", "interrupted")}
        yield RunRecord(
            **known,
            **{name: json.loads(row[name]) for name in TOLD},
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
