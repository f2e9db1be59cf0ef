"""What compiling took when it was done is kept, and told to those that find it done."""

from dataclasses import replace
from pathlib import Path

import pytest
from jitgate.model.answers import ExportContent, ModelFacts
from jitgate.model.cold_start import ColdStart, Compilation
from jitgate.model.variant import VariantSpec
from jitgate.pool.compile_history import recall_compile_times
from jitgate.pool.memory_estimator import MemoryEstimator, MemoryRecords
from jitgate.pool.ready import Ready

VARIANT = VariantSpec("compile", "jitgate.engines.compiled:compiled")
CONTENT = ExportContent(None, "w", "s", "torch 2", {"short": ("a",), "long": ("a",)}, {"a": "1,8"})
BUILT = Compilation(30.0, 4.0, built=2, found=0, scenario="short")
FOUND = replace(BUILT, spent_s=5.0, built=0, found=2)


def after(folder: Path, done: Compilation | None, *, scenario: str = "short", weights: str = "w") -> Compilation | None:
    """What is known once a first call of `scenario` has ended."""
    facts = ModelFacts(1.0, 0, 8, {}, replace(CONTENT, weights=weights))
    estimator = MemoryEstimator(MemoryRecords(folder / "memory_records"), facts, "cpu", 0)
    ready = Ready({"compile": ColdStart(compilation=done)}, {"compile": VARIANT}, estimator=estimator)
    recall_compile_times(ready, scenario, folder / "compilations")
    return ready.cold_start["compile"].compilation


def test_who_finds_all_is_told_what_building_took(tmp_path: Path) -> None:
    assert after(tmp_path, BUILT) == BUILT
    told = after(tmp_path, FOUND)
    assert told is not None
    assert told.first_s == 30.0
    assert told.first_on is not None
    assert replace(told, first_s=None, first_on=None) == FOUND
    assert after(tmp_path, told) == told, "what was found is not what building took"


@pytest.mark.parametrize("done", [None, replace(BUILT, found=1), replace(FOUND, found=0)])
def test_what_was_built_in_part_or_not_at_all_says_nothing(tmp_path: Path, done: Compilation | None) -> None:
    assert after(tmp_path, done) == done
    assert after(tmp_path, FOUND) == FOUND


def test_other_weights_other_inputs_and_a_damaged_note_are_not_the_same(tmp_path: Path) -> None:
    after(tmp_path, BUILT)
    assert after(tmp_path, FOUND, weights="v") == FOUND
    assert after(tmp_path, FOUND, scenario="long") == FOUND, "it was the first call of another scenario"
    (note,) = (tmp_path / "compilations").iterdir()
    note.write_text('{"spent_s": "30", "built_on": 3}', encoding="utf-8")
    assert after(tmp_path, FOUND) == FOUND
