"""What can go wrong with a store, each in one sentence that never holds a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import URL

SAID = (
    (("not a database", "malformed", "disk image"), "is damaged; move it away, or put a copy of it in its place"),
    (("database or disk is full", "no space left"), "can't be written: the disk is full; make room there"),
    (("readonly", "read-only", "permission denied"), "can't be written; give this user the right to write it"),
    (("locked", "lock timeout"), "is in use by another process that does not finish; end that one"),
    (("authentication", "no password", "role "), "refuses this user; set PGPASSWORD, or a line of ~/.pgpass"),
    (("does not exist",), "does not exist; create the database, or correct its name"),
    (("connection", "could not translate", "server closed", "timeout", "resolve"), "can't be reached; is it running?"),
    (("unable to open", "no such file"), "can't be opened; its folder must exist and be this user's"),
)
"""Words of the driver's message -> what is said of the store."""


class HistoryError(Exception):
    """The history can't be read or written: one sentence that says where, and what to do."""


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Raise what a driver raises as HistoryError."""
    from sqlalchemy.exc import DatabaseError, SQLAlchemyError

    try:
        yield
    except SQLAlchemyError as error:
        cause = str(error.orig if isinstance(error, DatabaseError) else error).lower()
        said = next((said for words, said in SAID if any(word in cause for word in words)), None)
        first = cause.splitlines()[0] if cause else type(error).__name__
        if url.password is not None:
            first = first.replace(str(url.password).lower(), "***")
        raise HistoryError(f"the history {shown(url)} {said or f'can not be used: {first}'}") from None


def shown(url: URL) -> str:
    """A URL, or the path of a file, without a password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    hidden = {name: "***" for name in url.query if "pass" in name}
    return url.update_query_dict(hidden).render_as_string(hide_password=True)
