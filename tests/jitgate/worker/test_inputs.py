"""Files of scenarios: one for each, whatever they are called."""

from __future__ import annotations

from pathlib import Path

import pytest
from jitgate.worker.inputs import inputs_file


@pytest.mark.parametrize(("one", "other"), [("S", "s"), ("con", "con_"), ("Ä", "ä"), ("a" * 300, "a" * 299)])
def test_scenarios_of_other_names_have_files_of_their_own(one: str, other: str) -> None:
    first, second = (inputs_file(Path(), name).name.casefold() for name in (one, other))
    assert first != second
    assert max(len(first), len(second)) < 100
    assert first != inputs_file(Path(), one, unseen=True).name


def test_a_plain_name_is_kept() -> None:
    assert inputs_file(Path(), "first_chunk.5s").name == "first_chunk.5s.inputs.pt"
