"""A renamed series remembers its earlier names."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Earlier names as a JSON list of ids, `workload/scenario/variant`."""
    op.add_column("jitgate_series", sa.Column("aliases", sa.Text, nullable=False, server_default="[]"))
