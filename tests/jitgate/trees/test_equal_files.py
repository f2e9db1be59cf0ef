"""A directory that has the very files of the head, or an environment that is the head's, is no base."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from jitgate.trees.asked import resolve

from tests.jitgate.trees.conftest import Project


@pytest.fixture
def other(project: Project, tmp_path: Path) -> Path:
    """A second checkout of the head, as a workflow makes that gives it the wrong commit."""
    project.git("clone", "-q", str(project.path), str(tmp_path / "other"))
    return tmp_path / "other"


def test_a_second_checkout_of_the_head_is_a_problem_unless_it_is_asked_for(project: Project, other: Path) -> None:
    (project.path / "out.txt").write_text("what a run of the head has left")
    (other / "__pycache__").mkdir()
    found = resolve(project.wish(str(other)))
    assert f"both have the same files as {project.path}, in one environment" in found.comparison.problem
    assert found.trees == {}
    assert len(resolve(project.wish(str(other), same=True)).trees) == 2


@pytest.mark.parametrize("side", ["head", "base"])
@pytest.mark.parametrize("name", ["toy.py", "added.py", "sub/added.py", "pyproject.toml"])
def test_one_file_that_differs_is_enough(project: Project, other: Path, side: str, name: str) -> None:
    file = (project.path if side == "head" else other) / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("[tool.jitgate]\n")
    assert resolve(project.wish(str(other), dirty=True)).comparison.problem == ""


def test_directories_without_git_are_compared_too(tmp_path: Path) -> None:
    head = Project(tmp_path / "head")
    head.path.mkdir()
    for name in ("toy.py", "pyproject.toml", "weights.bin"):
        (head.path / name).write_text("")
    shutil.copytree(head.path, tmp_path / "other")
    assert "have the same files" in resolve(head.wish("../other")).comparison.problem
    (tmp_path / "other" / "weights.bin").write_text("1")
    assert resolve(head.wish("../other")).comparison.problem == ""


@pytest.mark.parametrize("kind", ["commit", "files", "directory"])
def test_where_only_environments_may_differ_they_must(project: Project, other: Path, kind: str) -> None:
    if kind == "files":
        project.commit()
    base = {"commit": "HEAD", "files": "HEAD~1", "directory": str(other)}[kind]
    comparison = resolve(project.wish(base, python=Path(sys.executable))).comparison
    assert comparison.problem == ""
    assert "no version differs between their environments" in comparison.with_changed({}).problem
    assert comparison.with_changed({"torch": ("2.12.1", "2.13.0")}).problem == ""
    allowed = resolve(project.wish(base, python=Path(sys.executable), same=True)).comparison
    assert allowed.with_changed({}).problem == ""


def test_another_commit_in_another_environment_needs_no_version_that_differs(project: Project) -> None:
    comparison = resolve(replace(project.wish(), python=Path(sys.executable))).comparison
    assert comparison.with_changed({}).problem == ""
