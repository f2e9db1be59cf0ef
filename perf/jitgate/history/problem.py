"""What can go wrong with a store, each in one sentence that never holds a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, unquote

if TYPE_CHECKING:
    from sqlalchemy import URL

SAID = (
    (("not a database", "malformed", "disk image"), "is damaged; move it away, or put a copy of it in its place"),
    (("could not decode",), "holds text that is none; `jitgate history doctor` looks at every row"),
    (("database or disk is full", "no space left"), "can't be written: the disk is full; make room there"),
    (("readonly", "read-only", "permission denied"), "can't be written; give this user the right to write it"),
    (("locked", "lock timeout"), "is in use by another process that does not finish; end that one"),
    (("authentication", "no password", "role "), "refuses this user; set PGPASSWORD, or a line of ~/.pgpass"),
    (("does not exist",), "does not exist; create the database, or correct its name"),
    (("connection", "could not translate", "server closed", "timeout", "resolve"), "can't be reached; is it running?"),
    (("unable to open", "no such file"), "can't be opened; its folder must exist and be this user's"),
)
"""Words of the driver's message -> what is said of the store."""

SECRET = ("pass", "pwd", "secret", "token")
"""Parts of the names of what a URL's query may hide."""

_QUERY = re.compile(rf"([^?&;#/=\s]*(?:{'|'.join(SECRET)})[^=&\s]*=)[^&\s]*", re.IGNORECASE)
_PASSWORD = re.compile(r"(://[^/@:]*:).*@", re.DOTALL)
_USER = re.compile(r":(?!//).*@")
_USER_IN_PATH = re.compile(r":[^/\\@]*@")


class HistoryError(Exception):
    """The history can't be read or written: one sentence that says where, and what to do."""


class DamagedRow(Exception):
    """A row of a store that no jitgate wrote; says which, and what of it."""


@contextmanager
def told(url: URL) -> Iterator[None]:
    """Raise what a driver raises, and a damaged row, as HistoryError."""
    from sqlalchemy.exc import DatabaseError, SQLAlchemyError

    try:
        yield
    except DamagedRow as row:
        raise HistoryError(
            f"the history {shown(url)} holds what no run wrote ({row}); `jitgate history doctor` names all of it"
        ) from None
    except SQLAlchemyError as error:
        cause = str(error.orig if isinstance(error, DatabaseError) else error).lower()
        said = next((said for words, said in SAID if any(word in cause for word in words)), None)
        first = cause.splitlines()[0] if cause else type(error).__name__
        for secret in _secrets(url):
            first = first.replace(secret.lower(), "***")
        raise HistoryError(f"the history {shown(url)} {said or f'can not be used: {first}'}") from None


def shown(url: URL) -> str:
    """A URL, or the path of a file, without a password."""
    if url.get_backend_name() == "sqlite":
        return _USER_IN_PATH.sub(":***@", str(url.database))
    text = unquote(url.render_as_string(hide_password=True))
    return _QUERY.sub(r"\1***", _USER.sub(":***@", text))


def without_password(text: str) -> str:
    """A word of a command line that may hold a URL, as it may stand in a report."""
    return _QUERY.sub(r"\1***", _PASSWORD.sub(r"\1***@", text))


def _secrets(url: URL) -> Iterator[str]:
    """Each as it is, and as a URL spells it."""
    values = [url.query[name] for name in url.query if _is_secret(name)]
    every = [each for value in values for each in ((value,) if isinstance(value, str) else value)]
    for secret in filter(None, (*every, str(url.password or ""))):
        yield from (secret, quote(secret), quote_plus(secret))


def _is_secret(name: str) -> bool:
    return any(part in name.lower() for part in SECRET)
