"""Is a store whole? Every row is looked at: its kinds of values, its JSON, and what it points to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jitgate.history.well_formed import understood

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table


def damage_of(connection: Connection) -> list[str]:
    """A sentence for each kind of damage, with how many rows have it."""
    from sqlalchemy.exc import SQLAlchemyError

    from jitgate.history.schema import metadata

    found = []
    for table in metadata.sorted_tables:
        try:
            found += [*_wrong(connection, table), *_dangling(connection, table)]
        except SQLAlchemyError as error:
            found.append(f"{_called(table)} can't be read: {str(error).splitlines()[0]}")
    return found


def _wrong(connection: Connection, table: Table) -> Iterator[str]:
    """Columns with a value that no run wrote."""
    from sqlalchemy import select, type_coerce
    from sqlalchemy.types import NullType

    # As they lie there: a type of SQLAlchemy's would make something of what is none.
    columns = [type_coerce(column, NullType()).label(column.name) for column in table.columns]
    wrong: dict[str, list[Any]] = {}
    for row in connection.execute(select(*columns)).mappings():
        for name, value in row.items():
            if not understood(name, value)[1]:
                wrong.setdefault(name, []).append(row["id"])
    for name, ids in wrong.items():
        yield f"{_rows(table, ids)} a {name} that no run wrote"


def _dangling(connection: Connection, table: Table) -> Iterator[str]:
    """Rows that point to one that is gone."""
    from sqlalchemy import select

    for key in table.foreign_keys:
        there = select(key.column).where(key.column == key.parent).correlate(table).exists()
        ids = connection.execute(select(table.c.id).where(~there).order_by(table.c.id)).scalars().all()
        if ids:
            yield f"{_rows(table, ids)} a {key.parent.name} of what is not there"


def _rows(table: Table, ids: Any) -> str:
    count = len(ids)
    return (
        f"{count} row{'s' * (count != 1)} of {_called(table)} (the first: {ids[0]}) {'have' if count != 1 else 'has'}"
    )


def _called(table: Table) -> str:
    return str(table.name)
