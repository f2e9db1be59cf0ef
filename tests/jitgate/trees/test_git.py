"""Git is asked about the folder's own repository, whatever a hook or a setting says, and leaves the user's alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jitgate.model.errors import UsageError
from jitgate.model.variant import BASE
from jitgate.trees.asked import resolve
from jitgate.trees.git import Repository

from tests.jitgate.trees.conftest import Project


def state_of(project: Project) -> tuple[str, ...]:
    asked = (["symbolic-ref", "HEAD"], ["rev-parse", "HEAD"], ["status", "--porcelain"], ["ls-files", "--stage"])
    return tuple(project.git(*each) for each in asked)


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"])
def test_what_a_hook_has_set_moves_nothing_of_the_users(
    project: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = state_of(project)
    place = {"GIT_WORK_TREE": ".", "GIT_INDEX_FILE": ".git/index", "GIT_OBJECT_DIRECTORY": ".git/objects"}
    with monkeypatch.context() as patch:
        patch.setenv(name, str(project.path / place.get(name, ".git")))
        found = resolve(project.wish())
    assert (found.trees[BASE].root / "toy.py").read_text() == "WHO = 1\n"
    assert state_of(project) == before


def test_another_repository_that_a_variable_names_is_not_taken(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Project(tmp_path / "other")
    other.path.mkdir()
    other.git("init", "-q")
    other.commit(toy="WHO = 9\n")
    head = project.git("rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    assert Repository.of(project.path).commit("HEAD") == head


@pytest.mark.parametrize("kind", ["LITERAL", "GLOB", "ICASE"])
def test_how_paths_are_read_is_not_the_users_setting(
    project: Project, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    (project.path / "README.md").write_text("A toy.\n")
    project.commit()
    monkeypatch.setenv(f"GIT_{kind}_PATHSPECS", "1")
    assert "the same files under *.py" in resolve(project.wish(paths=("*.py",))).unchanged


def test_a_repository_of_long_ids_is_checked_out(tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    project.path.mkdir()
    project.git("init", "-q", "--object-format=sha256")
    (project.path / "pyproject.toml").write_text("[tool.jitgate]\n")
    project.commit(toy="WHO = 1\n")
    project.commit(toy="WHO = 2\n")
    assert (resolve(project.wish()).trees[BASE].root / "toy.py").read_text() == "WHO = 1\n"


def test_gates_that_are_a_link_to_another_folder_are_read(project: Project, tmp_path: Path) -> None:
    (tmp_path / "shared.toml").write_text("[tool.jitgate]\n")
    (project.path / "pyproject.toml").unlink()
    (project.path / "pyproject.toml").symlink_to(tmp_path / "shared.toml")
    project.commit()
    project.commit(toy="WHO = 3\n")
    assert resolve(project.wish()).comparison.problem == ""


@pytest.mark.parametrize("base", ["HEAD:toy.py", "HEAD^{tree}", "--help", "x" * 5000, "a\nb", "HEAD..HEAD~1", "@{-9}"])
def test_what_names_no_commit_is_one_sentence(project: Project, base: str) -> None:
    with pytest.raises(UsageError, match="there is no such commit"):
        resolve(project.wish(base))


@pytest.mark.parametrize("hidden", ["--assume-unchanged", "--skip-worktree"])
def test_a_change_that_git_was_told_not_to_see_is_one(project: Project, hidden: str) -> None:
    project.git("update-index", hidden, "toy.py")
    assert resolve(project.wish()).comparison.problem == ""
    (project.path / "toy.py").write_text("WHO = 1\n")
    assert project.git("status", "--porcelain") == ""
    with pytest.raises(UsageError, match=r"changes that are not committed \(toy.py\)"):
        resolve(project.wish())


def test_a_file_that_a_sparse_checkout_leaves_out_is_no_change(project: Project) -> None:
    project.git("update-index", "--skip-worktree", "toy.py")
    (project.path / "toy.py").unlink()
    assert resolve(project.wish()).comparison.problem == ""


def test_gates_that_have_moved_are_the_bases_too(project: Project) -> None:
    (project.path / "perf").mkdir()
    project.git("mv", "pyproject.toml", "perf/pyproject.toml")
    project.commit()
    wish = project.wish(file=project.path / "perf" / "pyproject.toml")
    assert resolve(wish).comparison.workloads == frozenset({"toy.net"})
    (project.path / "pyproject.toml").write_text("[tool.jitgate]\n")
    project.commit()
    assert resolve(project.wish("HEAD~2", file=wish.file)).comparison.workloads is None


@pytest.mark.parametrize("place", [".jitgate", ".jitgate/trees"])
def test_a_file_in_the_place_of_the_checkouts_is_one_sentence(project: Project, place: str) -> None:
    (project.path / place).parent.mkdir(exist_ok=True)
    (project.path / place).write_text("")
    with pytest.raises(UsageError, match=r"--jitgate-base HEAD~1: its checkouts can't be made in .*trees \("):
        resolve(project.wish())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes among the files of this system")
def test_a_directory_that_holds_what_no_copy_can_is_one_sentence(project: Project, tmp_path: Path) -> None:
    other = tmp_path / "other"
    project.git("clone", "-q", str(project.path), str(other))
    (other / "toy.py").write_text("WHO = 0\n")
    os.mkfifo(other / "pipe")
    with pytest.raises(UsageError, match=r"can.t be made in .* is a named pipe"):
        resolve(project.wish(str(other)))
