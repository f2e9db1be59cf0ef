"""Which commit a run is of; where that is not known, the tree counts as changed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from jitgate.history.commit import commit_of


def test_a_repository_that_git_does_not_answer_for_counts_as_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "below").mkdir()
    assert (commit_of(tmp_path).id, commit_of(tmp_path).dirty) == ("", False), "it has no commit"
    monkeypatch.setenv("PATH", "")
    assert [commit_of(folder).dirty for folder in (tmp_path, tmp_path / "below")] == [True, True]


def test_without_a_repository_nothing_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert commit_of(tmp_path).dirty is False
    monkeypatch.setenv("PATH", "")
    assert commit_of(tmp_path).dirty is False
