"""Native code unpacks where the host cleans up, and everything else keeps its place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jitgate.engines.scratch import TEMPORARY, VARIABLE, unpack_in, unpacking


def test_the_folder_stands_in_the_block_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "elsewhere")
    monkeypatch.setenv("TMPDIR", "before")
    monkeypatch.delenv("TMP", raising=False)
    unpack_in(tmp_path)
    with unpacking():
        assert {os.environ[name] for name in TEMPORARY} == {str(tmp_path)}
    assert os.environ["TMPDIR"] == "before"
    assert "TMP" not in os.environ


def test_outside_of_a_worker_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    before = dict(os.environ)
    with unpacking():
        assert dict(os.environ) == before
