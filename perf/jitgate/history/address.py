"""What names a store: a path, or a URL. What looks like a URL and is none never becomes a path."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.history.problem import HistoryError, shown
from jitgate.model.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import URL

SCHEMES = (
    *("postgresql", "postgres", "psql", "pgsql", "pg", "sqlite", "sqlite3", "mysql", "mariadb", "mssql"),
    *("cockroachdb", "duckdb", "mongodb", "redis", "jdbc", "file", "http", "https"),
)
"""What begins a URL, however the rest of it is spelt."""

_URL = re.compile(rf"\s*([a-z][\w+.-]+:/|({'|'.join(SCHEMES)})(\+\w*)?\s*(:|;|//|\\\\))", re.IGNORECASE)
"""One letter before `:/` is a drive of Windows."""

_PASSWORD = re.compile(r"[^/\\]*:[^/\\]*@")
"""`me:secret@host/database`: the scheme is missing."""

RIGHT_FORM = "postgresql://HOST/DATABASE, sqlite:///PATH, or a path"


def parsed(text: str) -> URL:
    """The store at a URL, or at the path of an SQLite file. UsageError, without a password, for what is neither.

    HistoryError for a URL whose driver is not installed.
    """
    from sqlalchemy import URL, make_url
    from sqlalchemy.exc import ArgumentError

    if not text.strip() or "\0" in text:
        raise UsageError(f"the history is named by nothing; write {RIGHT_FORM}")
    if _URL.match(text) is None and "://" not in text:
        if _PASSWORD.match(text):
            raise UsageError(f"the history has a user or a password and no scheme; write {RIGHT_FORM}")
        return URL.create("sqlite", database=str(Path(text).absolute()))
    scheme = re.split(r"[^\w+.-]", text.strip(), maxsplit=1)[0]
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise UsageError(f"the history {scheme}... is no URL; write {RIGHT_FORM}") from None
    if url.get_backend_name() == "postgresql":
        try:
            import psycopg  # noqa: F401 - only whether it is there
        except ImportError:
            raise HistoryError('a history in PostgreSQL needs psycopg; pip install "jitgate[postgres]"') from None
        return url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() != "sqlite":
        raise UsageError(f"the history {shown(url)} must be {RIGHT_FORM}")
    if any((url.host, url.username, url.password, url.port, url.query)):
        raise UsageError(
            f"the history {scheme}://... has a host, a user or a query, and an SQLite file has none; write {RIGHT_FORM}"
        )
    if not url.database or url.database == ":memory:":
        raise UsageError(f"the history {scheme}://... names no file; write {RIGHT_FORM}")
    return URL.create("sqlite", database=str(Path(url.database).absolute()))
