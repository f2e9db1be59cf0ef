"""A large file is read once; a changed one again."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jitgate.cache.file_hashes import FileHashes


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Files that were really read."""
    made: list[str] = []
    real: Callable[..., Any] = hashlib.file_digest

    def counted(file: Any, algorithm: str) -> Any:
        made.append(Path(file.name).name)
        return real(file, algorithm)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    return made


def written(path: Path, text: str, age_s: float) -> Path:
    path.write_text(text)
    then = path.stat().st_mtime - age_s
    os.utime(path, (then, then))
    return path


def test_a_digest_is_of_the_content_and_is_remembered(tmp_path: Path, reads: list[str]) -> None:
    one, two = written(tmp_path / "one", "equal", 60), written(tmp_path / "two", "equal", 60)
    book = tmp_path / "digests.json"
    digest = FileHashes(book).of(one)
    assert digest == hashlib.sha256(b"equal").hexdigest() == FileHashes(book).of(two)
    assert FileHashes(book).of(one) == digest
    assert reads == ["one", "two"]


def test_a_changed_file_is_read_again(tmp_path: Path, reads: list[str]) -> None:
    path, digests = tmp_path / "flow.pt", FileHashes(tmp_path / "digests.json")
    found = {digests.of(written(path, text, age)) for text, age in (("one", 60), ("two", 60.5), ("four", 60.5))}
    assert len(found) == len(reads) == 3


def test_a_file_that_may_be_changed_under_the_same_time_stamp_is_not_remembered(
    tmp_path: Path, reads: list[str]
) -> None:
    path, digests = written(tmp_path / "flow.pt", "one", 0), FileHashes(tmp_path / "digests.json")
    stamp = path.stat().st_mtime
    first = digests.of(path)
    path.write_text("two")
    os.utime(path, (stamp, stamp))
    assert digests.of(path) != first
    assert len(reads) == 2


def test_a_book_that_can_not_be_used_costs_only_time(tmp_path: Path, reads: list[str]) -> None:
    path = written(tmp_path / "flow.pt", "one", 60)
    damaged = tmp_path / "digests.json"
    damaged.write_text('["not a book"')
    nowhere = path / "digests.json"  # in what is no folder
    assert FileHashes(damaged).of(path) == FileHashes(nowhere).of(path) == FileHashes(nowhere).of(path)
    assert len(reads) == 3
    FileHashes(damaged).of(path)
    assert len(reads) == 3, "the damaged one was replaced"
