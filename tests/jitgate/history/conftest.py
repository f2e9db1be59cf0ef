"""Each test of the store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jitgate.history.database import Database, open_database

if TYPE_CHECKING:
    from tests.jitgate.history.postgres import Server


@contextmanager
def postgres() -> Iterator[Server]:
    """A server of its own; the test is skipped, with the reason, where there can be none."""
    if os.name == "nt":
        pytest.skip("PostgreSQL is started on POSIX only")
    from tests.jitgate.history.postgres import missing, server

    reason = missing()
    if reason is not None:
        pytest.skip(reason)
    with server() as found:
        yield found


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    with postgres() as found:
        yield found.url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store that is empty."""
    if request.param == "sqlite":
        return str(tmp_path / "history.db")
    found: str = request.getfixturevalue("postgres_url")
    _empty(found)
    return found


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    made = open_database(url)
    yield made
    made.close()


def _empty(url: str) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()
