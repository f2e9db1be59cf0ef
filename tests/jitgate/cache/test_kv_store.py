"""Figures of earlier runs: found as they were kept, and never an error."""

from pathlib import Path

import pytest
from jitgate.cache.kv_store import KeyValueStore


def test_what_was_kept_last_is_found(tmp_path: Path) -> None:
    kept = KeyValueStore(tmp_path / "a" / "b")
    assert kept.find("one") == {}
    kept.keep("one", {"spent_s": 1.5})
    kept.keep("one", {"spent_s": 2.5, "day": "2026-11-23"})
    kept.keep("two", {})
    assert kept.find("one") == {"spent_s": 2.5, "day": "2026-11-23"}
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["one.json", "two.json"]


@pytest.mark.parametrize("text", ["", "{", "[1]", "3", '"x"'])
def test_what_can_not_be_read_counts_as_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "one.json").write_text(text, encoding="utf-8")
    assert KeyValueStore(tmp_path).find("one") == {}


def test_a_folder_that_can_not_be_made_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    kept = KeyValueStore(tmp_path / "file" / "folder")
    kept.keep("one", {"spent_s": 1.5})
    assert kept.find("one") == {}
