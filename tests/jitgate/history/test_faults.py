"""What can go wrong with a store: one sentence each, without a password, and no run is lost."""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jitgate.history.append import append
from jitgate.history.database import open_database
from jitgate.history.importing import found_in
from jitgate.history.problem import HistoryError
from jitgate.history.record import RunRecord
from jitgate.history.spool import as_json, keep, send

from tests.jitgate.history.conftest import postgres
from tests.jitgate.history.project import project_in
from tests.jitgate.history.runs import run_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "history.db"
    database = open_database(str(found))
    append(database, run_of(1.0))
    database.close()
    return found


def refused(path: Path | str) -> str:
    with pytest.raises(HistoryError) as problem:
        open_database(str(path))
    said = str(problem.value)
    assert "\n" not in said
    return said


def test_a_damaged_store(path: Path) -> None:
    path.write_bytes(b"\0" * 4096 + path.read_bytes()[4096:])
    assert "is damaged" in refused(path)


def test_a_database_of_another_program(tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE song (title TEXT)")
    connection.close()
    assert "of another program" in refused(other)


def test_a_newer_schema(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE jitgate_version SET version_num = '9999'")
    connection.close()
    assert "is of a newer jitgate (schema 9999" in refused(path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root, and Windows, may write what is read-only")
def test_a_read_only_store_can_be_read(path: Path) -> None:
    path.chmod(0o400)
    database = open_database(str(path))
    assert database.readonly


def test_a_store_that_can_only_be_read_says_so_when_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    database = open_database(str(path))
    assert database.readonly
    with pytest.raises(HistoryError, match="can't be written; give this user the right"):
        append(database, run_of(2.0))


def test_a_full_disk(path: Path) -> None:
    database = open_database(str(path))
    from sqlalchemy import event

    pages = "PRAGMA max_page_count = 1"  # SQLite takes the pages that there are, and refuses more
    event.listen(database.engine, "connect", lambda connection, _: connection.execute(pages).close())
    big = run_of(1.0, rounds=(("my.encoder", "short", os.urandom(1 << 20)),))
    with pytest.raises(HistoryError, match="the disk is full"):
        append(database, big)
    database.close()
    again = open_database(str(path))
    assert append(again, big), "nothing of it was stored before"


def test_a_password_is_never_said() -> None:
    said = refused("postgresql://me:secret-word@localhost:1/none")
    assert "secret-word" not in said
    assert "can't be reached" in said


def test_a_server_that_stops_in_mid_run_loses_nothing(tmp_path: Path) -> None:
    with postgres() as found:
        database = open_database(found.url)
        found.stop()
        run = run_of(1.0)
        with pytest.raises(HistoryError, match="can't be reached"):
            append(database, run)
        keep(tmp_path / "spool", run)
        found.start()
        assert send(tmp_path / "spool", open_database(found.url)) == (1, [])
        assert not append(database, run), "it is there"


@pytest.fixture
def imported(tmp_path: Path) -> Path:
    folder = tmp_path / "artefacts"
    folder.mkdir()
    (folder / "zero.json").write_text("")
    (folder / "cut.json").write_text('{"benchmarks": [')
    (folder / "other.json").write_text('{"hello": 1}')
    (folder / "run.jsonl").write_text(json.dumps(as_json(run_of(1.0))) + "\n" + json.dumps(as_json(run_of(2.0))) + "\n")
    plain = {
        "machine_info": {"cpu": "x"},
        "commit_info": {"id": "c1", "branch": "main", "dirty": False},
        "datetime": "2026-11-27T12:00:00",
        "benchmarks": [{"fullname": "tests/test_a.py::test_b[5-x/y]", "stats": {"median": 0.5, "rounds": 9}}],
    }
    (folder / "plain.json").write_text(json.dumps(plain))
    return folder


def test_what_can_be_imported_is_and_the_rest_is_named(imported: Path) -> None:
    found = [each for _, each in found_in(imported)]
    runs = [each for each in found if isinstance(each, RunRecord)]
    said = [each for each in found if isinstance(each, str)]
    assert len(runs) == 3
    assert len(said) == 3
    assert any("is empty" in each for each in said)
    assert any("is cut off" in each for each in said)
    assert any("no run of pytest-benchmark" in each for each in said)
    (plain,) = (each for each in runs if each.origin == "import")
    assert plain.points[0].series.cell_id == "tests.test_a.py/test_b/5-x.y"
    assert (plain.commit, plain.points[0].estimate) == ("c1", 0.5)


@pytest.mark.parametrize(
    "change",
    [
        {"estimate": -1.0},
        {"estimate": float("nan")},
        {"estimate": float("inf")},
        {"estimate": 0},
        {"estimate": "1.0"},
        {"estimate": None},
        {"low": float("nan")},
        {"count": 10**30},
        {"count": 1.5},
        {"outcome": "\ud800"},
        {"outcome": "\0"},
        {"regressed": "no"},
        {"unknown": 1},
        {"series": None},
    ],
)
def test_a_run_with_a_value_that_is_none_is_named_and_not_stored(tmp_path: Path, change: dict[str, object]) -> None:
    run = json.loads(json.dumps(as_json(run_of(1.0))))
    run["points"][0] |= change
    path = tmp_path / "run.json"
    path.write_text(json.dumps(run))
    ((_, said),) = found_in(path)
    assert said == f"{path} is JSON, and no run of pytest-benchmark or jitgate"
    assert send(tmp_path, open_database(str(tmp_path / "history.db"))) == (
        0,
        [f"{path} is no run that was kept; remove it"],
    )


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_sentence(tmp_path: Path, content: bytes) -> None:
    for name in ("run.json", "run.jsonl", "run.zip", "run.db"):
        (tmp_path / name).write_bytes(content)
        for _, said in found_in(tmp_path / name):
            assert isinstance(said, str)
            assert "\n" not in said


def test_what_never_ends_is_not_read(tmp_path: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("a pipe is a file on POSIX only")
    pipe = tmp_path / "run.json"
    os.mkfifo(pipe)
    assert [said for _, said in found_in(pipe)] == [f"{pipe} is not read: it is no plain file"]
    assert send(tmp_path, open_database(str(tmp_path / "history.db"))) == (0, [])


def test_a_zip_with_a_password_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "runs.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("run.json", "{}")
    content = bytearray(path.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    ((_, said),) = found_in(path)
    assert "password" in str(said)


@pytest.mark.slow
def test_a_session_whose_store_is_damaged_is_red_keeps_its_run_and_sends_it_later(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    assert project.measure().returncode == 0
    store = tmp_path / ".jitgate" / "history.db"
    aside = store.rename(tmp_path / "aside.db")
    store.write_bytes(b"no database" * 1000)
    done = project.measure()
    assert done.returncode == 1
    assert "INVALID my.encoder/short/jit max_regression" in done.stdout
    assert "is damaged" in done.stdout
    assert "this run waits in" in done.stdout
    aside.rename(store)
    again = project.measure()
    assert again.returncode == 0, again.stdout
    assert "stored 1 earlier run that had waited" in again.stdout
    assert "3 runs" in project.history("list").stdout


@pytest.mark.slow
def test_a_store_that_can_not_be_opened_is_red_where_no_gate_asks_for_it_too(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    project.table(gate="min_speedup = 1.1")
    store = tmp_path / ".jitgate" / "history.db"
    store.parent.mkdir()
    store.write_bytes(b"no database" * 1000)
    done = project.measure()
    assert done.returncode == 1
    assert "INVALID history: it can't be said what has vanished: " in done.stdout
    assert "is damaged" in done.stdout
    assert project.measure("--jitgate-history", "off").returncode == 0


@pytest.mark.slow
def test_commands_answer_in_text_and_json(tmp_path: Path) -> None:
    project = project_in(tmp_path)
    for _ in range(3):
        assert project.measure("--benchmark-autosave").returncode == 0
    assert "my.encoder/short/jit/time on" in project.history("list").stdout
    assert "▁" in project.history("show", "*/*/jit/time").stdout
    shown = json.loads(project.history("show", "*/*/jit/time", "--json").stdout)
    assert len(shown[0]["points"]) == 3
    assert project.history("changes").returncode == 0
    assert project.history("doctor").returncode == 0
    exported = project.history("export", "runs.jsonl")
    assert "wrote 3 runs" in exported.stdout
    other = ("--history", "other.db")
    assert "stored 3 runs" in project.history("import", *other, "runs.jsonl").stdout
    assert "stored 0 runs; 3 were there already" in project.history("import", *other, "runs.jsonl").stdout
    assert "stored 3 runs" in project.history("import", *other, ".benchmarks").stdout
    assert "removed 4 runs" in project.history("prune", *other, "--keep", "1").stdout
    unknown = project.history("show", "nothing/*")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (4, 1)
