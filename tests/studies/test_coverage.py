"""The study of architectures: what was tried is kept, and the page counts what was not."""

from __future__ import annotations

from pathlib import Path

import pytest
from studies.coverage.attempt import attempt
from studies.coverage.document import NOTES, document
from studies.coverage.record import Fate, Tried, add, read


def test_what_was_tried_twice_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    assert read(path) == []
    first = Tried("bert", "eager", Fate.LIMIT, "needs more than 2 GB", 60.0)
    second = Tried("bert", "eager", Fate.PARITY, "0e+00", 3.0)
    other = Tried("bert", "compile", Fate.REFUSED, "no compiler | here", 1.0)
    for each in (first, second, other):
        add(path, each)
    assert read(path) == [second, other]


def test_the_page_counts_what_was_not_tried() -> None:
    tried = [
        Tried("bert", "eager", Fate.PARITY, "0e+00", 3.0),
        Tried("t5", "eager", Fate.REFUSED, "it needs a | b", 1.0),
        Tried("gpt2", "eager", Fate.RAISED, "ValueError: no", 1.0),
    ]
    tried += [Tried("aimv2", "eager", Fate.PARITY, "0e+00", 3.0), Tried("aimv2", "compile", Fate.DIFFERS, "1e+00", 3.0)]
    lines = document(tried, ["aimv2", "bert", "gpt2", "mamba", "t5"], ("eager", "compile")).splitlines()
    assert "| eager | 4 | 1 | 2 | 1 | 0 | 1 | 0 | 75.0% |" in lines
    assert "| compile | 1 | 4 | 0 | 0 | 1 | 0 | 0 | 0.0% |" in lines
    assert next(line for line in lines if line.startswith("| aimv2")).endswith("1e+00; " + NOTES["aimv2"] + " |")
    assert "| t5 | refused | - | it needs a / b |" in lines
    assert "| mamba | - | - |  |" in lines


@pytest.mark.slow
def test_an_architecture_is_tried_in_a_process_of_its_own() -> None:
    assert attempt("bert", "eager").fate is Fate.PARITY
    refused = attempt("bertt", "eager")
    assert refused.fate is Fate.REFUSED
    assert "close to it are" in refused.says
