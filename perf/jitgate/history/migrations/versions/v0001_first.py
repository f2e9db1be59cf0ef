"""The first schema. A schema that was committed never changes: a change is another file here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def texts(*names: str) -> list[sa.Column[str]]:
    """Columns of text that are never null."""
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def upgrade() -> None:
    """Series, runs, points and rounds."""
    identity = ("workload", "scenario", "variant", "baseline", "metric", "precision", "machine")
    op.create_table(
        "jitgate_series",
        sa.Column("id", sa.Integer, primary_key=True),
        *texts(*identity),
        sa.UniqueConstraint(*identity),
    )
    op.create_table(
        "jitgate_run",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("uid", sa.Text, nullable=False, unique=True),
        *texts("commit_id", "parent_id", "branch", "started_at", "host"),
        *texts("device", "fingerprint", "origin", "red", "odd"),
        *texts("facts", "versions", "options", "declared"),
        sa.Column("dirty", sa.Boolean, nullable=False),
        sa.Column("interrupted", sa.Boolean, nullable=False),
    )
    op.create_table(
        "jitgate_point",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("jitgate_run.id", ondelete="CASCADE"), nullable=False),
        sa.Column("series_id", sa.Integer, sa.ForeignKey("jitgate_series.id"), nullable=False),
        sa.Column("estimate", sa.Float, nullable=False),
        sa.Column("low", sa.Float),
        sa.Column("high", sa.Float),
        sa.Column("count", sa.Integer, nullable=False),
        *texts("inputs", "weights", "outcome", "left_out", "epoch"),
        sa.Column("regressed", sa.Boolean, nullable=False),
        sa.UniqueConstraint("run_id", "series_id"),
    )
    op.create_index("jitgate_point_by_series", "jitgate_point", ["series_id", "run_id"])
    op.create_table(
        "jitgate_rounds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("jitgate_run.id", ondelete="CASCADE"), nullable=False),
        *texts("workload", "scenario"),
        sa.Column("turns", sa.LargeBinary, nullable=False),
    )
    op.create_index("jitgate_rounds_by_run", "jitgate_rounds", ["run_id"])
