"""What SQLite takes into any column, a hand or another program wrote: a sentence each, never a traceback."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from jitgate.cli.main import main
from jitgate.history.append import append
from jitgate.history.database import open_database
from jitgate.history.importing import found_in
from jitgate.history.schema import metadata
from jitgate.history.spool import as_json

from tests.jitgate.history.project import project_in
from tests.jitgate.history.runs import KEY, run_of

JSON = ("facts", "versions", "options", "declared", "aliases")
NAMES = ("workload", "scenario", "variant", "metric")

WRONG: dict[str, list[object]] = {
    "TEXT": [b"\xff\xfe", b"text"],
    "INTEGER": ["text", b"text", 2**40],
    "FLOAT": ["text", b"text"],
    "BOOLEAN": ["text", 7],
    "BLOB": ["text", 5],
}
"""By the type of the column."""

EVERY = [
    (table.name, column.name, value)
    for table in metadata.sorted_tables
    for column in table.columns
    if column.name != "id"
    for value in (
        *WRONG[str(column.type)],
        *(("{", "5", "null", '"a"', '{"a/b/c": 5}') if column.name in JSON[-2:] else ()),
        *(("{", "5", "[1]", "[" * 100_000) if column.name in JSON[:-2] else ()),
        *((-1.0, 0.0, float("inf")) if column.name == "estimate" else ()),
        *(("a/b",) if column.name in NAMES else ()),
    )
]


@pytest.fixture(scope="module")
def four_runs(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("store") / "history.db"
    database = open_database(str(path))
    for number in range(4):
        rounds = (("my.encoder", "short", b"turns"),)
        declared = {KEY.cell_id: ["max_regression_time"]}
        append(database, run_of(1.0 + number / 1000, commit="c1", branch="main", rounds=rounds, declared=declared))
    database.close()
    return path.read_bytes()


@pytest.fixture
def store(four_runs: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / ".jitgate" / "history.db"
    path.parent.mkdir()
    path.write_bytes(four_runs)
    return path


def damage(store: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(store)
    with connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(statement, values)
    connection.close()


def answers(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(["history", *arguments])
    found = capsys.readouterr()
    assert found.err.count("\n") == (1 if code == 4 else 0), found.err
    return code, found.out + found.err


def test_a_store_of_ours_is_whole(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert answers(capsys, "doctor") == (0, f"{store}: 1 series, 4 runs, 4 points\n")
    assert answers(capsys, "export", "out.jsonl") == (0, "wrote 4 runs to out.jsonl\n")


@pytest.mark.parametrize(("table", "column", "value"), EVERY)
def test_a_value_that_no_run_wrote(
    store: Path, capsys: pytest.CaptureFixture[str], table: str, column: str, value: object
) -> None:
    damage(store, f"UPDATE {table} SET {column} = ? WHERE id = 1", value)  # noqa: S608 - names of our own
    code, said = answers(capsys, "doctor")
    assert code == 1
    assert table in said
    assert column in said or "can't be read" in said
    assert answers(capsys, "export", "out.jsonl")[0] == 4
    assert not Path("out.jsonl").exists()
    for arguments in (("list",), ("show", "*", "--json"), ("changes",), ("accept", "*", "--reason", "x")):
        answers(capsys, *arguments)


@pytest.mark.parametrize("table", ["jitgate_series", "jitgate_run"])
def test_a_row_that_is_gone(store: Path, capsys: pytest.CaptureFixture[str], table: str) -> None:
    damage(store, f"DELETE FROM {table} WHERE id = 1")  # noqa: S608 - a name of our own
    code, said = answers(capsys, "doctor")
    assert code == 1
    assert f"of jitgate_point (the first: 1) ha{'ve' if 'series' in table else 's'} a " in said
    assert "of what is not there" in said
    assert answers(capsys, "export", "out.jsonl")[0] == 4
    if table == "jitgate_run":
        for command in (("list",), ("show", "*"), ("changes",)):
            code, said = answers(capsys, *command)
            assert (code, "a figure of run 1" in said) == (4, True)


@pytest.mark.parametrize(
    "change",
    [
        {"declared": {"x": 5}},
        {"declared": {"a/b/c": 5}},
        {"declared": {"a/b/c": "max_regression_time"}},
        {"declared": {"a/b/c": [5]}},
        {"declared": {"a/b": []}},
        {"declared": []},
        {"aliases": {"tiny.lin/short/eager": 5}},
        {"aliases": {"tiny.lin/short/eager": ["x"]}},
        {"versions": {"torch": 2}},
        {"facts": []},
        {"uid": 5},
        {"started_at": None},
        {"dirty": "no"},
        {"rounds": [["a", "b"]]},
    ],
)
def test_an_imported_line_with_a_value_that_is_none(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(json.dumps({**as_json(run_of(1.0)), **change}))
    ((_, said),) = found_in(path)
    assert said == f"{path} is JSON, and no run of pytest-benchmark or jitgate"


def test_an_imported_line_with_a_point_twice_is_the_fault_of_the_file(tmp_path: Path) -> None:
    run = json.loads(json.dumps(as_json(run_of(1.0))))
    path = tmp_path / "run.jsonl"
    path.write_text(json.dumps({**run, "points": run["points"] * 2}))
    ((_, said),) = found_in(path)
    assert "no run of pytest-benchmark or jitgate" in str(said)


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE jitgate_run SET declared = '{"my.encoder/short/jit": 5}'""",
        "UPDATE jitgate_run SET declared = '{'",
        "UPDATE jitgate_run SET options = '5'",
        "UPDATE jitgate_point SET estimate = 'text'",
        "UPDATE jitgate_series SET aliases = '5'",
        "DELETE FROM jitgate_run WHERE id = 1",
    ],
)
def test_a_session_over_a_damaged_row_is_red_and_keeps_its_run(tmp_path: Path, statement: str) -> None:
    project = project_in(tmp_path)
    for _ in range(3):
        assert project.measure().returncode == 0
    damage(tmp_path / ".jitgate" / "history.db", statement)
    done = project.measure()
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert "INVALID" in done.stdout
    assert "holds what no run wrote" in done.stdout
    kept = list((tmp_path / ".jitgate" / "history-spool").glob("*.json"))
    with sqlite3.connect(tmp_path / ".jitgate" / "history.db") as connection:
        ((runs,),) = connection.execute("SELECT count(*) FROM jitgate_run")
    connection.close()
    assert runs + len(kept) == (3 if statement.startswith("DELETE") else 4)
