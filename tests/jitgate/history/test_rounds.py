"""Raw rounds on disk."""

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.history.rounds import rounds_path, save_rounds
from jitgate.model.cell import Cell
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.name import DIGEST, LONGEST_FILE

from tests.jitgate.measurements import made_of

NAMES = (
    st.text(max_size=400)
    | st.text("ab-AB/._+=,%éÉ", min_size=1, max_size=4)
    | st.sampled_from(["con", "CON", "aux.1", "nul", "a" * 300, "\udc80"])
)
CELLS = st.builds(Cell, NAMES, NAMES, NAMES)


def test_a_row_a_round_and_a_column_a_variant(tmp_path: Path) -> None:
    (path,) = save_rounds(tmp_path / "rounds", made_of(1.4, rounds=12))
    assert path.relative_to(tmp_path).as_posix() == "rounds/my.encoder/short/jit.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert list(rows[0]) == ["eager", "jit", "control"]
    ratio = sum(float(row["eager"]) for row in rows) / sum(float(row["jit"]) for row in rows)
    assert ratio == pytest.approx(1.4, rel=0.05)
    assert [each.name for each in path.parent.iterdir()] == ["jit.csv"], "no draft is left"


def test_a_control_that_failed_is_left_out(tmp_path: Path) -> None:
    (path,) = save_rounds(tmp_path, made_of(1.4, control_failure=Failure(FailureKind.DIED, "gone")))
    assert path.read_text().splitlines()[0] == "eager,jit"


def test_nothing_measured_writes_nothing(tmp_path: Path) -> None:
    assert save_rounds(tmp_path / "rounds", made_of(1.4, rounds=0)) == []
    assert not (tmp_path / "rounds").exists()


def test_rounds_of_an_earlier_run_are_not_taken_for_this_one(tmp_path: Path) -> None:
    (path,) = save_rounds(tmp_path / "rounds", made_of(1.4, rounds=12))
    save_rounds(tmp_path / "rounds", made_of(1.4, rounds=0))
    assert not path.exists()


def test_short_durations_keep_their_digits(tmp_path: Path) -> None:
    made = made_of(1.4, rounds=12)
    shorter = {
        name: replace(samples, turns=tuple(tuple(1e-6 * each for each in turn) for turn in samples.turns))
        for name, samples in made.all_samples.items()
    }
    (path,) = save_rounds(tmp_path / "rounds", replace(made, all_samples=shorter))
    first = path.read_text().splitlines()[1].split(",")[0]
    assert len(first.split("e")[0].replace(".", "")) >= 8


@given(one=CELLS, two=CELLS)
def test_two_cells_never_share_a_file(one: Cell, two: Cell) -> None:
    first, second = (rounds_path(Path("rounds"), cell).as_posix().casefold() for cell in (one, two))
    assert (first == second) == (one == two)


@given(cell=CELLS)
def test_every_file_system_takes_the_path(cell: Cell) -> None:
    parts = rounds_path(Path("rounds"), cell).parts
    assert len(parts) == 4
    for part in parts[1:]:
        assert part.isascii()
        assert part == part.lower()
        assert len(part) <= LONGEST_FILE + 1 + DIGEST + len(".csv")
        assert part.split(".")[0] not in {"con", "aux", "nul"}
        assert not part.endswith(".")


def test_names_that_differ_only_in_their_separators_have_files_of_their_own() -> None:
    one, two = Cell("a-b", "c", "d"), Cell("a", "b-c", "d")
    assert rounds_path(Path(), one) != rounds_path(Path(), two)
