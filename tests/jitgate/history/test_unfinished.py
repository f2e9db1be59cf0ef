"""Rounds of a run that is killed are on disk, and the next run names them once."""

from __future__ import annotations

from pathlib import Path

from jitgate.history.unfinished import EVERY_S, MOST_KEPT, Unfinished, killed_runs

from tests.jitgate.measurements import made_of

ROWS = "my.encoder/short/jit.csv"


def test_rounds_are_written_while_they_are_made_and_removed_at_the_end(tmp_path: Path) -> None:
    now = 0.0
    unfinished = Unfinished(tmp_path, lambda: now)
    unfinished.keep(made_of(1.2, rounds=3))
    (path,) = tmp_path.rglob("jit.csv")
    assert len(path.read_text().splitlines()) == 1 + 3
    unfinished.keep(made_of(1.2, rounds=4))
    assert len(path.read_text().splitlines()) == 1 + 3, "not in every round"
    now = EVERY_S
    unfinished.keep(made_of(1.2, rounds=5))
    assert len(path.read_text().splitlines()) == 1 + 5
    assert killed_runs(tmp_path) == [], "it goes on"
    unfinished.close()
    assert list(tmp_path.rglob("*")) == []


def test_a_killed_run_is_named_once_and_its_rounds_stay(tmp_path: Path) -> None:
    folder = tmp_path / "2026-11-27-120000-4711"
    (folder / ROWS).parent.mkdir(parents=True)
    (folder / ROWS).write_text("eager,jit\n1,1\n")
    (folder / "owner.lock").touch()
    assert killed_runs(tmp_path) == [folder]
    assert killed_runs(tmp_path) == []
    assert (folder / ROWS).exists()


def test_only_the_last_killed_runs_stay(tmp_path: Path) -> None:
    for number in range(MOST_KEPT + 3):
        folder = tmp_path / f"2026-11-27-12000{number}-1"
        (folder / ROWS).parent.mkdir(parents=True)
        (folder / ROWS).touch()
        (folder / "owner.lock").touch()
    assert len(killed_runs(tmp_path)) == MOST_KEPT
    assert len(list(tmp_path.iterdir())) == MOST_KEPT


def test_a_folder_that_can_not_be_written_stops_no_round(tmp_path: Path) -> None:
    (tmp_path / "unfinished").write_text("in the way")
    unfinished = Unfinished(tmp_path / "unfinished")
    unfinished.keep(made_of(1.2))
    unfinished.close()
    assert killed_runs(tmp_path / "unfinished") == []
    assert (tmp_path / "unfinished").read_text() == "in the way"
