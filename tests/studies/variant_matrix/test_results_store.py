"""Outcomes on disk: the latest of a cell, as long as what it hangs on is still the same."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from jitgate.model.errors import UsageError
from studies.variant_matrix.results_store import Kept, published
from studies.variant_matrix.table import Fate, Outcome

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
        kept.keep(replace(RIGHT, variant=fate.value, fate=fate, why="so"))
    assert {variant for _, variant in kept.outcomes()} - {variant for _, variant in kept.final()} == {
        "unfinished",
        "failed",
    }


def test_a_line_that_was_cut_off_or_is_of_an_earlier_version_is_passed_over(kept: Kept) -> None:
    kept.keep(RIGHT)
    with kept.path.open("ab") as file:
        file.write(b'{"workload": "w", "fate": "wrong"}\n"\xff"\n' + b"[" * 100_000 + b'\n{"workload": "w", "sc')
    assert list(kept.outcomes()) == [("w", "eager")]


def test_what_was_published_comes_back_and_equal_findings_are_equal_bytes(kept: Kept, tmp_path: Path) -> None:
    shape = replace(RIGHT, variant="compile", fate=Fate.OUT, rel_l2=float("inf"), why="another shape")
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    for path, outcomes in ((one, (RIGHT, shape)), (other, (shape, RIGHT))):
        kept.path.unlink(missing_ok=True)
        for outcome in outcomes:
            kept.keep(outcome)
        kept.publish(path)
    assert one.read_bytes() == other.read_bytes()
    assert one.read_text().startswith('[\n {\n  "workload": "w",\n')
    assert one.read_text().endswith("]\n")
    elsewhere = Kept(tmp_path / "none.json", kept.key, published(one))
    assert elsewhere.outcomes() == kept.outcomes()
    assert {path.name for path in tmp_path.iterdir()} == {"deep", "one.json", "other.json"}


@pytest.mark.parametrize(
    ("day", "counts"), [("2026-11-21", "kept"), ("2026-11-22", "kept"), ("2026-11-23", "published")]
)
def test_what_is_kept_counts_unless_what_was_published_is_of_a_later_day(kept: Kept, day: str, counts: str) -> None:
    kept.keep(replace(RIGHT, scenario="kept"))
    both = replace(kept, published=(replace(RIGHT, scenario="published", date=day, key="w/eager"),))
    assert both.outcomes()["w", "eager"].scenario == counts


def test_a_stale_finding_hides_none_that_holds(kept: Kept) -> None:
    Kept(kept.path, lambda workload, variant: "another").keep(replace(RIGHT, date="2026-11-23"))
    assert replace(kept, published=(replace(RIGHT, key="w/eager"),)).final()
    assert not replace(kept, published=(replace(RIGHT, key="yet another"),)).final()


@pytest.mark.parametrize(
    "said",
    [
        {"fate": "wrong"},
        {"fate": []},
        {"extra": 1},
        {"workload": ["w"]},
        {"why": 5},
        {"why": "\ud800"},
        {"date": None},
        {"date": "yesterday"},
        {"rel_l2": "far"},
        {"rel_l2": []},
        {"rel_l2": 10**400},
        {"rel_l2": None},
        {"fate": "refused"},
    ],
    ids=str,
)
def test_a_finding_that_no_table_could_hold_is_passed_over(said: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "variants.json"
    good = asdict(replace(RIGHT, key="k"))
    path.write_text(json.dumps([good | said, good]))
    assert published(path) == (replace(RIGHT, key="k"),)


@pytest.mark.parametrize(
    "content",
    [b"", b"<<<<<<< HEAD\n[]", b"\xff\xfe\xfa", b"[" * 100_000, b"{}", b"null", b"[1]", b'[{"name": "not a finding"}]'],
    ids=["empty", "conflict", "no text", "deep", "object", "null", "numbers", "another's list"],
)
def test_what_is_no_list_of_findings_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "variants.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"variants\.json is not a JSON list of findings: restore it"):
        published(path)


def test_a_folder_in_its_place_is_one_sentence_and_nothing_there_is_nothing_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        published(tmp_path)
    assert published(tmp_path / "none.json") == ()
