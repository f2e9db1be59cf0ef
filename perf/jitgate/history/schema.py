"""The tables. Their names begin with `jitgate_`: a PostgreSQL database may be shared with others.

What is asked for by name has a column; facts that are only told are JSON in a text. `migrations` brings a database of
an earlier release to this form.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

VERSION_TABLE = "jitgate_version"

metadata = MetaData()

SERIES = Table(
    "jitgate_series",
    metadata,
    Column("id", Integer, primary_key=True),
    *(
        Column(name, Text, nullable=False)
        # machine: of absolute figures the fingerprint, of ratios the kind of device.
        for name in ("workload", "scenario", "variant", "baseline", "metric", "precision", "machine")
    ),
    Column("aliases", Text, nullable=False, server_default="[]"),
    UniqueConstraint("workload", "scenario", "variant", "baseline", "metric", "precision", "machine"),
)

RUN = Table(
    "jitgate_run",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("uid", Text, nullable=False, unique=True),
    *(Column(name, Text, nullable=False) for name in ("commit_id", "parent_id", "branch", "started_at", "host")),
    *(Column(name, Text, nullable=False) for name in ("device", "fingerprint", "origin", "red", "odd")),
    *(Column(name, Text, nullable=False) for name in ("facts", "versions", "options", "declared")),
    Column("dirty", Boolean, nullable=False),
    Column("interrupted", Boolean, nullable=False),
)

POINT = Table(
    "jitgate_point",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey(RUN.c.id, ondelete="CASCADE"), nullable=False),
    Column("series_id", ForeignKey(SERIES.c.id), nullable=False),
    Column("estimate", Float, nullable=False),
    Column("low", Float),
    Column("high", Float),
    Column("count", Integer, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("inputs", "weights", "outcome", "left_out", "epoch")),
    Column("regressed", Boolean, nullable=False),
    UniqueConstraint("run_id", "series_id"),
)
Index("jitgate_point_by_series", POINT.c.series_id, POINT.c.run_id)

ROUNDS = Table(
    "jitgate_rounds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("run_id", ForeignKey(RUN.c.id, ondelete="CASCADE"), nullable=False),
    Column("workload", Text, nullable=False),
    Column("scenario", Text, nullable=False),
    Column("turns", LargeBinary, nullable=False),
)
Index("jitgate_rounds_by_run", ROUNDS.c.run_id)
