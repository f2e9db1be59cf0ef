"""Raw rounds on disk."""

import csv
from pathlib import Path

import pytest

from perf.history.rounds import save_rounds
from perf.workers.failure import Failure, FailureKind
from tests.measurements import made_of


def test_a_row_a_round_and_a_column_a_worker(tmp_path: Path) -> None:
    path = save_rounds(tmp_path / "rounds", made_of(1.4, rounds=12))
    assert path is not None
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert set(rows[0]) == {"eager", "jit", "control"}
    ratio = sum(float(row["eager"]) for row in rows) / sum(float(row["jit"]) for row in rows)
    assert ratio == pytest.approx(1.4, rel=0.05)


def test_a_worker_that_failed_does_not_take_the_others_rounds_along(tmp_path: Path) -> None:
    path = save_rounds(tmp_path, made_of(1.4, failure=Failure(FailureKind.DIED, "gone")))
    assert path is not None
    assert path.read_text().splitlines()[0].split(",") == ["eager", "control"]


def test_nothing_measured_writes_nothing(tmp_path: Path) -> None:
    assert save_rounds(tmp_path / "rounds", made_of(1.4, rounds=0)) is None
    assert not (tmp_path / "rounds").exists()
