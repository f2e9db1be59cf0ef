"""Opens a store: SQLite with a write-ahead log, or PostgreSQL; of this schema, or brought to it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jitgate.history.address import parsed
from jitgate.history.problem import HistoryError, shown, told
from jitgate.model.file_problem import file_problem
from jitgate.model.state_folder import keep_out_of_git

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

HEAD = "0002"
"""The newest schema; a test holds it against `migrations`."""

BUSY_MS = 30_000
"""A writer holds SQLite for milliseconds; eight at once wait for each other far less than this."""

CONNECT_S = 10
"""A PostgreSQL that does not answer in this time is not there."""

WRITES = "jitgate_writes"


@dataclass(frozen=True)
class Database:
    """A store that was opened and has this schema. readonly: it can be read only."""

    engine: Engine
    readonly: bool = False

    @property
    def name(self) -> str:
        """How messages name it."""
        return shown(self.engine.url)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection in a transaction. HistoryError for whatever the store refuses."""
        with told(self.engine.url), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction: all of it is stored, or nothing. HistoryError where it can't be."""
        if self.readonly:
            raise HistoryError(f"the history {self.name} can't be written; give this user the right to write it")
        # SQLite takes its lock at the beginning: a transaction that reads first could not get it later.
        with (
            told(self.engine.url),
            self.engine.connect().execution_options(**{WRITES: True}) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Give its connections back."""
        self.engine.dispose()


def open_database(url: str, *, create: bool = True) -> Database:
    """The store at a URL, or at the path of an SQLite file.

    create: whether one that is not there is made. Raises HistoryError for one that is damaged, of another program, of
    a newer jitgate or out of reach, UsageError for what is neither URL nor path, and FileNotFoundError for a file
    that is not there and is not to be made.
    """
    from sqlalchemy import create_engine, event
    from sqlalchemy.pool import NullPool

    target = parsed(url)
    if target.get_backend_name() != "sqlite":
        engine = create_engine(target, connect_args={"connect_timeout": CONNECT_S}, poolclass=NullPool)
        database = Database(engine)
    else:
        path = Path(str(target.database))
        there = _is_there(path, shown(target))
        if not create and not there:
            raise FileNotFoundError(shown(target))
        readonly = there and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))
        if not there:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise HistoryError(f"the history {shown(target)} can't be made: {error.strerror}") from None
            keep_out_of_git(path.parent)
        engine = create_engine(target if not readonly else _immutable(path), poolclass=NullPool)
        event.listen(engine, "connect", _read_only if readonly else _prepare)
        event.listen(engine, "begin", _begin)
        database = Database(engine, readonly)
    with told(target):
        _migrate(database)
    return database


def _is_there(path: Path, name: str) -> bool:
    """Whether there is a file. HistoryError for a pipe, a device or a folder, which would be waited for or replaced."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise HistoryError(f"the history {name} can't be opened: {file_problem(error)}") from None
    if not stat.S_ISREG(mode):
        raise HistoryError(f"the history {name} is no plain file; name another one")
    return True


def _immutable(path: Path) -> URL:
    from sqlalchemy import URL

    return URL.create("sqlite", database=path.absolute().as_uri(), query={"uri": "true", "immutable": "1"})


def _prepare(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver must not begin transactions by itself: `_begin` does
    for pragma in (f"busy_timeout = {BUSY_MS}", "journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _read_only(connection: Any, _: object) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _migrate(database: Database) -> None:
    """Bring an older schema to this one, in one transaction."""
    with database.reading() as connection:
        found = _version(connection, database.name)
    if found == HEAD:
        return
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7461)")  # two sessions that find it empty
        if _version(connection, database.name) != HEAD:
            upgrade(connection, HEAD)


def upgrade(connection: Connection, revision: str) -> None:
    """Run the migrations up to `revision`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _version(connection: Connection, name: str) -> str | None:
    """The schema that is there; None for an empty store. HistoryError for one of another program or a newer jitgate."""
    from sqlalchemy import inspect, text

    from jitgate.history.schema import VERSION_TABLE

    tables = inspect(connection).get_table_names()
    if VERSION_TABLE not in tables:
        if tables and connection.dialect.name == "sqlite":
            raise HistoryError(f"{name} is a database of another program; name another file for the history")
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
    if found is not None and str(found) > HEAD:
        raise HistoryError(f"the history {name} is of a newer jitgate (schema {found}, this one knows {HEAD}); update")
    return None if found is None else str(found)
