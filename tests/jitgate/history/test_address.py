"""A store is named by a path or a URL: what is mistyped is refused, and a password is never said."""

from __future__ import annotations

from pathlib import Path

import pytest
from jitgate.history.address import parsed
from jitgate.history.database import open_database
from jitgate.history.problem import HistoryError, shown
from jitgate.model.errors import UsageError
from sqlalchemy import make_url

from tests.jitgate.history.project import project_in

HIDDEN = "hunter2"

MISTYPED = [
    "postgresql:/me:hunter2@h/db",
    "postgresql:me:hunter2@h/db",
    "postgresql//me:hunter2@h/db",
    "postgresql+psycopg:/me:hunter2@h/db",
    "PostgreSQL:/me:hunter2@h/db",
    " postgresql:/me:hunter2@h/db",
    "postgres://me:hunter2@h/db",
    "postgresql;//me:hunter2@h/db",
    "postgresql://me:hunter2@h:port/db",
    "me:hunter2@h/db",
    "mysql://me:hunter2@h/db",
    "mysql:me:hunter2@h/db",
    "unknown:/me:hunter2@h/db",
    "://me:hunter2@h/db",
    "sqlite:x.db?password=hunter2",
    "sqlite:/me:hunter2@h/x.db",
    "sqlite://me:hunter2@h/x.db",
    "sqlite://h/x.db",
    "sqlite://",
    "sqlite:///",
    "sqlite:///:memory:",
    "sqlite:///x.db?password=hunter2",
    "sqlite:///x.db?timeout=abc",
    "file:x.db",
    "",
    " ",
    "a\0b",
]


@pytest.mark.parametrize("text", MISTYPED)
def test_what_is_no_url_is_refused_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as refused:
        open_database(text)
    assert HIDDEN not in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "sqlite:///PATH" in str(refused.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text", ["history.db", "a/b.db", "postgresql.db", "sqlite/x.db", "off.db", "C:/x.db", "a@b.db"]
)
def test_a_path_is_a_path(text: str) -> None:
    assert parsed(text).database == str(Path(text).absolute())


def test_a_url_of_sqlite_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    assert parsed(f"sqlite:///{path}").database == str(path)
    open_database(f"sqlite:///{path}").close()
    assert path.exists()


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://me:hunter2@h/db",
        "postgresql://me:hunt@hunter2@h/db",
        "postgresql://h/db?password=hunter2",
        "postgresql://h/db?PASSWORD=hunter2",
        "postgresql://h/db?user=me&pwd=hunter2",
        "postgresql://h/db?sslPassword=hunter2&x=1",
        "postgresql://h/db?my_Secret=hunter2",
        "postgresql://h/db?access_token=hunter2&access_token=hunter2",
        "postgresql://h/db?x;password=hunter2",
        "postgresql://h/db#password=hunter2",
        "postgresql://h/me:hunter2@db",
        "sqlite:////x/postgresql:me:hunter2@h",
    ],
)
def test_a_password_is_masked_wherever_it_stands(text: str) -> None:
    assert HIDDEN not in shown(make_url(text))
    assert "***" in shown(make_url(text))


def test_what_a_driver_says_has_no_password() -> None:
    with pytest.raises((HistoryError, UsageError)) as refused:
        open_database("postgresql://me@localhost:1/none?passwd=hunter2")
    assert HIDDEN not in str(refused.value)


def test_a_folder_or_a_pipe_is_no_store(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="is no plain file"):
        open_database(str(tmp_path))
    with pytest.raises(HistoryError, match="can't be opened"):
        open_database(str(tmp_path / ("x" * 5000)))


@pytest.mark.slow
def test_a_session_with_a_mistyped_url_is_a_usage_error(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    done = project.measure("--jitgate-history", "postgresql:/me:hunter2@h/db")
    assert done.returncode == 4
    assert HIDDEN not in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "postgresql:").exists()
    off = project.measure("--jitgate-history", "OFF")
    assert not (tmp_path / "OFF").exists()
    assert "it is off" in off.stdout
