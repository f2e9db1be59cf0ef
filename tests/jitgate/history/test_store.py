"""Runs go in whole, and come out as they went in: on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from jitgate.history.append import append
from jitgate.history.database import HEAD, Database, open_database, upgrade
from jitgate.history.problem import HistoryError
from jitgate.history.schema import POINT, ROUNDS, RUN, SERIES, metadata
from jitgate.history.spool import as_json, from_json, keep, send
from jitgate.history.stored import all_series, points_of
from sqlalchemy import func, inspect, select

from tests.jitgate.history.runs import KEY, run_of
from tests.surroundings import inherited

MIGRATIONS = Path(__file__).parents[3] / "perf" / "jitgate" / "history" / "migrations"


def count(database: Database, table: object = RUN) -> int:
    with database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]


def test_a_run_comes_out_as_it_went_in(database: Database) -> None:
    other = replace(KEY, metric="memory")
    run = run_of(0.001, 2**40, keys=(KEY, other), commit="c1", branch="main", rounds=(("my.encoder", "short", b"x"),))
    assert append(database, run)
    with database.reading() as connection:
        series = {each.key: each for each in all_series(connection)}
        (point,) = points_of(connection, [series[KEY].id])
    assert set(series) == {KEY, other}
    assert (point.estimate, point.commit, point.branch, point.left_out) == (0.001, "c1", "main", "")
    assert count(database, ROUNDS) == 1


def test_a_run_is_stored_once(database: Database) -> None:
    run = run_of(1.0)
    assert (append(database, run), append(database, run)) == (True, False)
    assert (count(database), count(database, POINT)) == (1, 1)


def test_half_a_run_is_never_there(database: Database) -> None:
    bad = run_of(1.0, 2.0, keys=(KEY, replace(KEY, metric="p95")))
    twice = replace(bad, points=(*bad.points, bad.points[0]))
    with pytest.raises(HistoryError):
        append(database, twice)
    assert (count(database), count(database, POINT), count(database, SERIES)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"dirty": True}, "dirty"),
        ({"interrupted": True}, "interrupted"),
        ({"red": "vanished"}, "red"),
        ({"odd": "the fan was broken"}, "marked odd"),
        ({"point": {"left_out": "INVALID"}}, "INVALID"),
        ({"point": {"regressed": True}}, "red"),
    ],
)
def test_what_can_be_no_baseline_says_why(database: Database, more: dict[str, object], why: str) -> None:
    append(database, run_of(1.0, **more))  # type: ignore[arg-type]
    with database.reading() as connection:
        (point,) = points_of(connection, [1])
    assert point.left_out == why


@pytest.mark.parametrize("start", [each.revision for each in ScriptDirectory(str(MIGRATIONS)).walk_revisions()])
def test_every_committed_schema_is_brought_to_this_one(url: str, start: str) -> None:
    from sqlalchemy import create_engine

    target = url.replace("postgresql:", "postgresql+psycopg:") if "://" in url else f"sqlite:///{url}"
    engine = create_engine(target)
    with engine.begin() as connection:
        upgrade(connection, start)
    engine.dispose()
    database = open_database(url)
    assert append(database, run_of(1.0, aliases={KEY.cell_id: ["a/b/c"]}))
    with database.reading() as connection:
        assert all_series(connection)[0].aliases == ("a/b/c",)
        there = inspect(connection)
        for table in metadata.sorted_tables:
            assert {each["name"] for each in there.get_columns(table.name)} == {each.name for each in table.columns}
    database.close()


def test_the_newest_schema_is_the_one_that_is_asked_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def _write(url: str, runs: int) -> None:
    database = open_database(url)
    for number in range(runs):
        append(database, run_of(float(number + 1)))


@pytest.mark.slow
def test_eight_writers_lose_nothing(url: str) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(url, 10)) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0] * 8
    database = open_database(url)
    assert (count(database), count(database, POINT), count(database, SERIES)) == (80, 80, 1)
    database.close()


KILLED = """
import sys
from jitgate.history.database import open_database
from jitgate.history.append import append
from tests.jitgate.history.runs import run_of
database = open_database(sys.argv[1])
print("ready", flush=True)
while True:
    append(database, run_of(1.0))
    print("stored", flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_killed_in_mid_write_the_last_whole_run_is_left(tmp_path: Path) -> None:
    """Fifty times: as many runs as were told to be stored, or one more; each with its point."""
    url, told = str(tmp_path / "history.db"), 0
    root = Path(__file__).parents[3]
    environment = {**inherited(), "PYTHONPATH": os.pathsep.join([str(root), str(root / "perf")])}
    for turn in range(50):
        writer = subprocess.Popen(
            [sys.executable, "-c", KILLED, url], env=environment, stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(2 + turn % 7)]
        os.kill(writer.pid, signal.SIGKILL)
        lines += writer.communicate()[0].splitlines(keepends=True)
        told += lines.count("stored\n")
        database = open_database(url)
        runs, points = count(database), count(database, POINT)
        database.close()
        assert runs == points
        assert told <= runs <= told + turn + 1


def test_a_run_that_waits_is_stored_by_the_next(database: Database, tmp_path: Path) -> None:
    run = run_of(1.5, commit="c1", rounds=(("my.encoder", "short", b"\x00turns"),))
    assert from_json(json.loads(json.dumps(as_json(run)))) == run
    folder = tmp_path / "spool"
    keep(folder, run)
    (folder / "zero.json").write_text("")
    (folder / "cut.json").write_text(json.dumps(as_json(run))[:50])
    sent, damaged = send(folder, database)
    assert sent == 1
    assert len(damaged) == 2
    assert count(database) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["cut.json", "zero.json"]
