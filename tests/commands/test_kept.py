"""Outcomes on disk: the latest of a cell, as long as what it hangs on is still the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from perf.commands.kept import Kept
from perf.report.matrix import Fate, Outcome

RIGHT = Outcome("w", "1s", "eager", "2026-11-22", Fate.RIGHT, 0.0)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "deep" / "variants.json", lambda workload, variant: f"{workload}/{variant}")


def test_nothing_was_found_before_the_first_go(kept: Kept) -> None:
    assert kept.outcomes() == {}


def test_the_latest_of_a_cell_holds_and_infinity_comes_back(kept: Kept) -> None:
    for outcome in (RIGHT, replace(RIGHT, fate=Fate.OUT, rel_l2=float("inf"), why="another shape")):
        kept.keep(outcome)
    found = kept.outcomes()["w", "eager"]
    assert (found.fate, found.rel_l2, found.key) == (Fate.OUT, float("inf"), "w/eager")


@pytest.mark.parametrize("key", ["another", None], ids=["changed", "never the same"])
def test_what_was_found_under_another_key_is_as_good_as_none(kept: Kept, key: str | None) -> None:
    kept.keep(RIGHT)
    assert Kept(kept.path, lambda workload, variant: key).outcomes() == {}


def test_what_failed_or_ran_out_of_time_is_tried_again(kept: Kept) -> None:
    for fate in Fate:
        kept.keep(replace(RIGHT, variant=fate.value, fate=fate))
    assert {variant for _, variant in kept.outcomes()} - {variant for _, variant in kept.final()} == {
        "unfinished",
        "failed",
    }


def test_a_line_that_was_cut_off_or_is_of_an_earlier_version_is_passed_over(kept: Kept) -> None:
    kept.keep(RIGHT)
    with kept.path.open("a", encoding="utf-8") as file:
        file.write('{"workload": "w", "fate": "wrong"}\n{"workload": "w", "sc')
    assert list(kept.outcomes()) == [("w", "eager")]
