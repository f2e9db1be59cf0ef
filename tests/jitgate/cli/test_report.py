"""`jitgate report RUN --to FILE.html`: a page of a stored run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jitgate.cli.main import main
from jitgate.history.append import append
from jitgate.history.database import open_database
from jitgate.history.record import RunRecord, SeriesKey
from jitgate.report.pull_request.data import RunForReview, written

from tests.jitgate.history.runs import KEY, run_of
from tests.jitgate.measurements import made_of
from tests.jitgate.report.html.pages import NASTY, Reader
from tests.jitgate.report.pull_request.made_runs import row
from tests.jitgate.report.pull_request.made_runs import run_of as run_of_gates

RATIO = replace(KEY, metric="ratio", baseline="eager", machine="cpu")


def rounds_of() -> tuple[tuple[str, str, bytes], ...]:
    turns = {name: samples.turns for name, samples in made_of(1.4).all_samples.items()}
    return (("my.encoder", "short", zlib.compress(json.dumps({"turns": turns, "processes": [], "seed": 0}).encode())),)


class Store:
    """A store in a folder, and the command in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = str(folder / "history.db")

    def add(self, *runs: RunRecord) -> None:
        database = open_database(self.url, create=True)
        for run in runs:
            assert append(database, run)
        database.close()

    def page(self, run: str = "last") -> str:
        path = self.folder / "out.html"
        assert main(["report", run, "--to", str(path), "--history", self.url]) == 0
        return path.read_text()


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.chdir(tmp_path)
    return Store(tmp_path)


def green(*estimates: float, keys: tuple[SeriesKey, ...] = (KEY,), **more: Any) -> RunRecord:
    return run_of(*estimates, keys=keys, point={"outcome": "PASS"}, **{"options": {"exit_code": 0}, **more})


def first_line(text: str) -> str:
    return str(re.findall(r'<p class="headline">(.*?)</p>', text)[0])


def test_a_stored_run_has_its_figures_its_rounds_and_its_series(store: Store) -> None:
    store.add(*(green(0.010 + 0.0001 * number) for number in range(5)))
    store.add(green(0.0071, 1.4, keys=(KEY, RATIO), rounds=rounds_of(), commit="abcdef0123456789"))
    reader = Reader(store.page())
    cell, time, ratio, *_ = reader.table("Every variant")[1]
    assert (cell, time, ratio) == ("my.encoder/short/jit", "7.1 ms", "1.400x")
    assert [row[1] for row in reader.table("Runs of my.encoder/short/jit/time")[1:]] == [
        *("10 ms", "10.1 ms", "10.2 ms", "10.3 ms", "10.4 ms", "7.1 ms")
    ]
    assert len(reader.pres[0].splitlines()) == 61
    assert reader.table("The interval after")[1:]


def test_a_change_of_level_is_marked_at_its_run(store: Store) -> None:
    levels = [0.010 + 1e-6 * (7 * number % 5) for number in range(40)]
    store.add(*map(green, levels), *(green(2 * level) for level in levels))
    rows = Reader(store.page()).table("Runs of")
    assert [row[1] for row in rows[1:] if row[2] == "level changed by +100.0%"] == ["20 ms"]


def test_an_acceptance_is_a_flag_with_its_reason(store: Store) -> None:
    (store.folder / "pyproject.toml").write_text("[tool.jitgate]\n")
    (store.folder / "perf").mkdir()
    (store.folder / "perf" / "accepted.toml").write_text(
        '[[accepted]]\nseries = "my.encoder/short/jit/time"\nreason = "a better answer"\n'
        'change = "+9%"\nup_to = "10%"\n'
    )
    from jitgate.history.accepted import read_accepted

    epoch = read_accepted(store.folder / "perf" / "accepted.toml").entries[0].epoch
    store.add(green(0.010), run_of(0.011, point={"outcome": "PASS", "epoch": epoch}, options={"exit_code": 0}))
    assert "accepted: a better answer" in Reader(store.page()).table("Runs of")[2][2]


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        (green(0.01), "GREEN: 1 of 1 variants are PASS."),
        (run_of(0.01, point={"outcome": "FAIL"}, options={"exit_code": 1}), "RED: 0 of 1 variants are PASS."),
        (run_of(0.01, point={"outcome": "INVALID"}, options={"exit_code": 1}), "INVALID (not green): "),
        (run_of(0.01, point={"outcome": "INCONCLUSIVE"}, options={"exit_code": 1}), "UNDECIDED (not green): "),
        (green(0.01, interrupted=True), "STOPPED: the run was interrupted."),
        (green(0.01, red="vanished: it is gone"), "RED: vanished: it is gone"),
        (green(keys=()), "EMPTY: nothing was measured"),
        (green(0.01, options={}), "UNDECIDED: 1 of 1 variants are PASS, and the exit code is not known."),
        (green(0.01, options={"exit_code": []}), "UNDECIDED: "),
        (run_of(0.01, point={"outcome": "INCONCLUSIVE"}, options={"exit_code": 0}), "NOT DECIDED: 0 of 1 variants"),
        (run_of(0.01, options={"exit_code": 0}), "NOT GATED: no gate was judged"),
        (run_of(0.01, options={"exit_code": 3}), "STOPPED: an internal error ended it."),
    ],
)
def test_what_the_run_came_to_is_said_first(store: Store, run: RunRecord, expected: str) -> None:
    store.add(run)
    assert first_line(store.page()).startswith(expected)


def test_hostile_names_of_a_store_are_inert(store: Store) -> None:
    for name in NASTY[:-1]:
        text = name.replace("\ud800", "?").replace("\x00", "?").replace("/", "-")
        key = replace(KEY, workload=text, variant=f"{text} v")
        store.add(green(0.01, keys=(key,), branch=text, commit=text, red=text, facts={text: text}))
        reader = Reader(store.page())
        assert not {"script", "img", "iframe", "base", "form", "link", "h3"} & reader.tags


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("last", "--to", "out.pdf"), "must end in .html"),
        (("last", "--to", "nowhere/out.html"), "can't be written"),
        (("ffff", "--to", "out.html"), "'ffff' is the id of 0 runs"),
        (("", "--to", "out.html"), "'' is the id of 2 runs"),
    ],
)
def test_bad_input_is_one_sentence(
    store: Store, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], expected: str
) -> None:
    store.add(green(0.01, uid="a" * 32), green(0.02, uid="b" * 32))
    assert main(["report", *arguments, "--history", store.url]) == 4
    assert expected in capsys.readouterr().err
    assert not (store.folder / "out.html").exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_the_place_of_a_run_is_refused_and_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "run.json"
    os.mkfifo(pipe)
    assert main(["report", "--pr", str(pipe), "--annotations"]) == 4
    assert capsys.readouterr().err == f"jitgate report: --pr {pipe} can't be read (it is no ordinary file)\n"


@pytest.mark.parametrize(("seconds", "code"), [(-1, 0), (0, 0), (1, 4)])
def test_a_run_that_is_older_than_the_sources_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seconds: int, code: int
) -> None:
    run, sources, own = tmp_path / "run.json", tmp_path / "pyproject.toml", tmp_path / "test_own.py"
    run.write_text(written(RunForReview(0, "GREEN", "GREEN: 1 gate of 1 holds.", "Nothing to do.", "", (), {})))
    for path, time_s in ((run, 1000), (own, 900), (sources, 1000 + seconds)):
        path.touch()
        os.utime(path, (time_s, time_s))
    assert main(["report", "--pr", str(run), "--newer-than", str(own), str(sources)]) == code
    said = f"jitgate report: --pr {run} is older than {sources}: it is of an earlier run; measure again\n"
    assert capsys.readouterr().err == (said if code else "")


def test_a_file_to_be_newer_than_must_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run.json"
    run.write_text(written(RunForReview(0, "GREEN", "GREEN: 1 gate of 1 holds.", "Nothing to do.", "", (), {})))
    assert main(["report", "--pr", str(run), "--newer-than", str(tmp_path / "none")]) == 4
    assert "can't be read (No such file or directory)" in capsys.readouterr().err


@pytest.mark.parametrize(
    "turns",
    [
        b"no zlib",
        zlib.compress(b"no json"),
        zlib.compress(b"[]"),
        zlib.compress(b"{}"),
        zlib.compress(b'{"turns": {"eager": 3}, "processes": [], "seed": 0}'),
        zlib.compress(b'{"turns": {"eager": [["fast"]]}, "processes": [], "seed": 0}'),
    ],
)
def test_damaged_rounds_are_one_sentence(store: Store, capsys: pytest.CaptureFixture[str], turns: bytes) -> None:
    store.add(green(0.01, rounds=(("my.encoder", "short", turns),)))
    assert main(["report", "last", "--to", "out.html", "--history", store.url]) == 4
    said = capsys.readouterr().err
    assert "the rounds of my.encoder short" in said
    assert len(said.splitlines()) == 1


def test_a_pipe_that_takes_ascii_alone_gets_every_sign(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(written(run_of_gates(row("FAIL", "w\u00f6rter/\u4e2d/jit"))))
    command = [sys.executable, "-m", "jitgate", "report", "--pr", "run.json"]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"w\\xf6rter/\\u4e2d/jit" in done.stdout
