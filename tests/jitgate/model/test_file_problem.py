"""A full disk is called one, by whoever found it."""

from __future__ import annotations

import errno
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
from jitgate.model.file_problem import file_problem, full_disk

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(65536, 65536, 0))


def test_the_system_s_words_and_the_file() -> None:
    assert file_problem(OSError(errno.ENOSPC, "No space left on device", "/x/y")) == "the disk is full (/x/y)"
    assert file_problem(PermissionError(errno.EACCES, "Permission denied", "/x")) == "Permission denied (/x)"
    assert file_problem(ValueError("no paper")) == "ValueError: no paper"


@pytest.mark.usefixtures("full")
@pytest.mark.parametrize(
    "words",
    [
        "[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0",
        "PytorchStreamWriter failed writing file data/0: file write failed",
        "database or disk is full",
        "There is not enough space on the disk",
    ],
)
def test_native_code_that_gives_no_number_is_understood_where_the_disk_is_full(tmp_path: Path, words: str) -> None:
    assert full_disk(RuntimeError(words), [tmp_path]) == f"the disk that holds {tmp_path} is full (0 MiB free)"


def test_the_same_words_where_there_is_room_are_no_full_disk(tmp_path: Path) -> None:
    assert full_disk(RuntimeError("PytorchStreamWriter failed writing file: file write failed"), [tmp_path]) == ""
    assert full_disk(ValueError("other sizes"), [tmp_path]) == ""


def test_a_limit_on_the_size_of_files_is_none_of_the_disk(tmp_path: Path) -> None:
    said = full_disk(OSError(errno.EFBIG, "File too large"), [tmp_path])
    assert said == "a file may not become that large here (ulimit -f, or the file system)"
