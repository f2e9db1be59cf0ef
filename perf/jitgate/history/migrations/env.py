"""Run by alembic: the connection comes from `jitgate.history.database`, and so does the transaction."""

from __future__ import annotations

from alembic import context
from jitgate.history.schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
context.run_migrations()
