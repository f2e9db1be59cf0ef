"""Raw rounds on disk."""

import csv
from pathlib import Path

import pytest
from jitgate.history.rounds import save_rounds
from jitgate.model.failure import Failure, FailureKind

from tests.jitgate.measurements import made_of


def test_a_row_a_round_and_a_column_an_arm(tmp_path: Path) -> None:
    (path,) = save_rounds(tmp_path / "rounds", made_of(1.4, rounds=12))
    assert path.name == "my.encoder-short-jit.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert list(rows[0]) == ["eager", "jit", "control"]
    ratio = sum(float(row["eager"]) for row in rows) / sum(float(row["jit"]) for row in rows)
    assert ratio == pytest.approx(1.4, rel=0.05)


def test_a_control_that_failed_is_left_out(tmp_path: Path) -> None:
    (path,) = save_rounds(tmp_path, made_of(1.4, control_failure=Failure(FailureKind.DIED, "gone")))
    assert path.read_text().splitlines()[0] == "eager,jit"


def test_nothing_measured_writes_nothing(tmp_path: Path) -> None:
    assert save_rounds(tmp_path / "rounds", made_of(1.4, rounds=0)) == []
    assert not (tmp_path / "rounds").exists()
