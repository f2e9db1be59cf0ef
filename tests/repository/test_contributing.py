"""The map for a new reader names files that exist, and the walk of a value stays short."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")

ROOM = re.compile(r"^\| `(\w+)/` \|", re.MULTILINE)
STEP = re.compile(r"^\| (?:collect|plan|measure|judge|render)? ?\| `([\w/]+\.py)` \|", re.MULTILINE)


def test_the_map_has_every_room() -> None:
    rooms = {path.parent.name for path in (ROOT / "perf" / "jitgate").glob("*/__init__.py")}
    assert set(ROOM.findall(TEXT)) == rooms


def test_a_value_passes_at_most_25_files_of_jitgate() -> None:
    steps = STEP.findall(TEXT)
    assert steps[0] == "plugin/__init__.py"
    assert steps[-1] == "report/summary.py"
    assert len(set(steps)) == len(steps) <= 25
    assert [step for step in steps if not (ROOT / "perf" / "jitgate" / step).is_file()] == []


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`([\w./]+(?:\.py|\.json|/))`", TEXT))))
def test_a_file_that_is_named_exists(name: str) -> None:
    places = (ROOT, ROOT / "perf", ROOT / "perf" / "jitgate")
    assert any((place / name).exists() for place in places)
