"""Declared paths show that nothing was changed only where they hold all that could have been."""

from __future__ import annotations

import pytest
from jitgate.model.errors import UsageError
from jitgate.trees.asked import resolve

from tests.jitgate.trees.conftest import TABLE, Project


def moved_into_a_folder(project: Project) -> Project:
    """The project below the root of its repository, as one of several."""
    inner = Project(project.path / "one")
    inner.path.mkdir()
    for name in ("pyproject.toml", "toy.py"):
        project.git("mv", name, f"one/{name}")
    inner.commit()
    return inner


@pytest.mark.parametrize("path", ["source", "toy", "no/such/*", "../toy.py", ""])
def test_a_declared_path_without_files_is_refused(project: Project, path: str) -> None:
    with pytest.raises(UsageError, match=r"pyproject.toml: measured_paths names '.*', "):
        resolve(project.wish(paths=("toy.py", path)))


def test_declared_paths_are_seen_from_the_file_with_the_gates(project: Project) -> None:
    inner = moved_into_a_folder(project)
    inner.commit(toy="WHO = 3\n")
    assert resolve(inner.wish(paths=("toy.py",))).unchanged == ""
    (project.path / "README.md").write_text("Several.\n")
    inner.commit()
    assert "the same files under toy.py" in resolve(inner.wish(paths=("toy.py",))).unchanged


def test_gates_below_the_root_are_among_what_may_have_changed(project: Project) -> None:
    inner = moved_into_a_folder(project)
    (inner.path / "pyproject.toml").write_text(f"{TABLE}alpha = 0.02\n")
    inner.commit()
    assert resolve(inner.wish(paths=("toy.py",))).unchanged == ""


def test_a_path_that_the_head_has_removed_has_changed(project: Project) -> None:
    project.git("mv", "toy.py", "other.py")
    project.commit()
    assert resolve(project.wish(paths=("toy.py",))).unchanged == ""


def test_what_a_link_leads_to_may_have_changed(project: Project) -> None:
    (project.path / "src").mkdir()
    (project.path / "src" / "toy.py").symlink_to("../toy.py")
    project.commit()
    project.commit(toy="WHO = 3\n")
    assert resolve(project.wish(paths=("src",))).unchanged == ""
    project.commit()
    assert "the same files under src" in resolve(project.wish(paths=("src",))).unchanged
