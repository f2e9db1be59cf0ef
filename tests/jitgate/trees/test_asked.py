"""What `--jitgate-base` names is checked out twice, or refused in one sentence with the remedy."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from jitgate.model.errors import UsageError
from jitgate.model.variant import BASE, COPY
from jitgate.trees.asked import resolve

from tests.jitgate.trees.conftest import Project


def test_a_commit_is_checked_out_twice_under_names_of_equal_length(project: Project) -> None:
    found = resolve(project.wish())
    base, copy = found.trees[BASE], found.trees[COPY]
    assert [(tree.root / "toy.py").read_text() for tree in (base, copy)] == ["WHO = 1\n"] * 2
    assert len(str(base.root)) == len(str(copy.root))
    assert base.root != copy.root
    assert found.comparison.commit == base.commit == project.git("rev-parse", "HEAD~1")
    assert found.comparison.workloads == frozenset({"toy.net"})


def test_the_users_repository_is_not_written_to(project: Project) -> None:
    before = sorted(str(path) for path in (project.path / ".git").rglob("*") if path.name != "index")
    resolve(project.wish())
    assert sorted(str(path) for path in (project.path / ".git").rglob("*") if path.name != "index") == before
    assert project.git("status", "--porcelain") == ""


def test_a_checkout_is_kept_and_one_that_was_changed_is_made_again(project: Project) -> None:
    root = resolve(project.wish()).trees[BASE].root
    (root / "left.txt").write_text("kept")
    resolve(project.wish())
    assert (root / "left.txt").exists()
    (root / "toy.py").write_text("WHO = 3\n")
    resolve(project.wish())
    assert (root / "toy.py").read_text() == "WHO = 1\n"


def test_a_stale_checkout_of_another_commit_is_made_again(project: Project) -> None:
    root = resolve(project.wish()).trees[BASE].root
    project.git("checkout", "-q", "--detach", project.git("rev-parse", "HEAD"), folder=root)
    assert (root / "toy.py").read_text() == "WHO = 2\n"
    resolve(project.wish())
    assert (root / "toy.py").read_text() == "WHO = 1\n"


def test_once_more_has_other_folders_and_the_roles_swapped(project: Project) -> None:
    first = resolve(project.wish())
    again = first.again()
    assert [tree.root.name for tree in again.trees.values()] == ["b", "a"]
    assert [tree.root.name for tree in first.trees.values()] == ["a", "b"]
    assert again.trees[BASE].root.parents[1] != first.trees[BASE].root.parents[1]


def test_one_commit_twice_is_a_problem_unless_it_is_asked_for(project: Project) -> None:
    found = resolve(project.wish("main"))
    assert "both are commit" in found.comparison.problem
    assert found.trees == {}
    allowed = resolve(project.wish("main", same=True))
    assert (allowed.comparison.problem, len(allowed.trees)) == ("", 2)


def test_a_directory_is_copied_twice(project: Project, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(project.path, other, ignore=shutil.ignore_patterns(".git"))
    (other / "toy.py").write_text("WHO = 0\n")
    found = resolve(project.wish(str(other)))
    assert [(tree.root / "toy.py").read_text() for tree in found.trees.values()] == ["WHO = 0\n"] * 2
    (other / "toy.py").write_text("WHO = -1\n")
    assert (resolve(project.wish(str(other))).trees[COPY].root / "toy.py").read_text() == "WHO = -1\n"


def test_a_directory_goes_without_git(tmp_path: Path) -> None:
    for name in ("head", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").write_text("[tool.jitgate]\n")
        (tmp_path / name / "toy.py").write_text(f"WHO = {name!r}\n")
    wish = replace(Project(tmp_path / "head").wish("../other"), start=tmp_path / "head")
    assert resolve(wish).comparison.problem == ""
    with pytest.raises(UsageError, match=r"is not in a git repository .*name the directory"):
        resolve(replace(wish, base="main"))


@pytest.mark.parametrize("base", ["..", "../other", "src", "src/toy"])
def test_a_directory_of_something_else_is_refused(project: Project, base: str) -> None:
    (project.path / "src" / "toy").mkdir(parents=True)
    project.commit(src__toy__model="WHO = 3\n")
    other = project.path.with_name("other")
    other.mkdir()
    (other / "theirs.py").write_text("")
    with pytest.raises(UsageError, match=r"none of the Python files of .* is there under the same name"):
        resolve(project.wish(base))


def test_copies_of_directories_go_after_a_day(project: Project, tmp_path: Path) -> None:
    old = project.path / ".jitgate" / "trees" / "copy-0123456789abcdef"
    old.mkdir(parents=True)
    os.utime(old, (0, 0))
    other = tmp_path / "other"
    shutil.copytree(project.path, other, ignore=shutil.ignore_patterns(".git", ".jitgate"))
    (other / "toy.py").write_text("WHO = 0\n")
    found = resolve(project.wish(str(other)))
    assert not old.exists()
    assert all(tree.root.is_dir() for tree in found.trees.values())


def test_a_base_without_a_table_declares_nothing(project: Project) -> None:
    (project.path / "pyproject.toml").write_text("")
    project.commit()
    (project.path / "pyproject.toml").write_text("[tool.jitgate]\n")
    project.commit()
    assert resolve(project.wish()).comparison.workloads is None


@pytest.mark.parametrize("renamed", ['"toy.net" = "toy.other"', '"toy.net/short" = "toy.other/short"'])
def test_a_benchmark_that_has_another_name_now_is_not_new(project: Project, renamed: str) -> None:
    """Else a base that fails would be forgiven, as one that never had it."""
    table = (project.path / "pyproject.toml").read_text().replace("toy.net", "toy.other")
    (project.path / "pyproject.toml").write_text(f"[tool.jitgate.aliases]\n{renamed}\n{table}")
    project.commit()
    assert not resolve(project.wish()).comparison.is_new("toy.other")


def test_changes_that_are_not_committed_are_refused_or_allowed(project: Project) -> None:
    (project.path / "toy.py").write_text("WHO = 4\n")
    with pytest.raises(UsageError, match=r"changes that are not committed \(toy.py\).*--jitgate-allow-dirty"):
        resolve(project.wish())
    found = resolve(project.wish("HEAD", dirty=True))
    assert (found.comparison.dirty, found.comparison.problem, len(found.trees)) == (True, "", 2)


def test_a_base_that_is_not_there_says_how_to_fetch_it(project: Project) -> None:
    with pytest.raises(UsageError, match=r"--jitgate-base v9: there is no such commit.*git fetch"):
        resolve(project.wish("v9"))
    project.git("remote", "add", "origin", str(project.path))
    with pytest.raises(UsageError, match="git fetch origin topic"):
        resolve(project.wish("origin/topic"))


def test_a_shallow_clone_says_how_to_fetch_the_history(project: Project, tmp_path: Path) -> None:
    shallow = tmp_path / "shallow"
    project.git("clone", "-q", "--depth", "1", f"file://{project.path}", str(shallow), folder=tmp_path)
    with pytest.raises(UsageError, match=r"this clone is shallow.*fetch-depth: 0"):
        resolve(Project(shallow).wish())


def test_a_shallow_clone_that_has_the_commit_will_do(project: Project, tmp_path: Path) -> None:
    project.commit(toy="WHO = 3\n")
    shallow = tmp_path / "shallow"
    project.git("clone", "-q", "--depth", "2", f"file://{project.path}", str(shallow), folder=tmp_path)
    found = resolve(Project(shallow).wish())
    assert (found.trees[BASE].root / "toy.py").read_text() == "WHO = 2\n"


def test_a_submodule_says_what_to_name_instead(project: Project, tmp_path: Path) -> None:
    other = Project(tmp_path / "other")
    other.path.mkdir()
    other.git("init", "-q")
    other.commit(lib="x = 1\n")
    project.git("submodule", "--quiet", "add", str(other.path), "vendored")
    project.commit()
    project.commit(toy="WHO = 5\n")
    with pytest.raises(UsageError, match=r"has a submodule \(vendored\).*--jitgate-base DIR"):
        resolve(project.wish())


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize 3\n"


def test_large_files_come_from_the_local_store_or_say_how_to_fetch_them(project: Project) -> None:
    digest = "ab" + "cd" + "0" * 60
    (project.path / "weights.bin").write_text(POINTER.format(digest=digest))
    project.commit()
    project.commit(toy="WHO = 6\n")
    with pytest.raises(UsageError, match=r"weights.bin is a Git LFS pointer.*git lfs fetch"):
        resolve(project.wish())
    store = project.path / ".git" / "lfs" / "objects" / "ab" / "cd"
    store.mkdir(parents=True)
    (store / digest).write_bytes(b"abc")
    root = resolve(project.wish()).trees[BASE].root
    assert (root / "weights.bin").read_bytes() == b"abc"
    (root / "left.txt").write_text("kept")
    resolve(project.wish())
    assert (root / "left.txt").exists()


def test_lock_files_are_part_of_what_a_checkout_is_kept_by(project: Project) -> None:
    before = resolve(project.wish()).trees[BASE].root.parent
    (project.path / "uv.lock").write_text("torch 1\n")
    project.commit()
    assert resolve(project.wish("HEAD~2")).trees[BASE].root.parent == before
    assert "lock files of base and head differ" in resolve(project.wish("HEAD~1")).comparison.notes[0]


def test_equal_files_leave_nothing_to_measure(project: Project) -> None:
    project.commit()
    found = resolve(project.wish())
    assert "have the same files and lock files" in found.unchanged
    assert found.trees == {}


def test_a_change_outside_the_declared_paths_leaves_nothing_to_measure(project: Project) -> None:
    (project.path / "README.md").write_text("A toy.\n")
    project.commit()
    assert resolve(project.wish()).unchanged == ""
    assert "the same files under toy.py, the same gates" in resolve(project.wish(paths=("toy.py",))).unchanged


@pytest.mark.parametrize("name", ["toy.py", "pyproject.toml", "uv.lock"])
def test_a_change_of_what_is_measured_by_or_run_in_is_measured(project: Project, name: str) -> None:
    (project.path / name).write_text("x = 1\n")
    project.commit()
    found = resolve(project.wish(paths=("toy.py",)))
    assert (found.unchanged, len(found.trees)) == ("", 2)


def test_what_jitgate_keeps_is_not_committed_and_is_no_change(project: Project) -> None:
    """`git add` would take the checkouts for submodules."""
    (project.path / ".gitignore").write_text("")
    (project.path / ".jitgate").mkdir()
    (project.path / ".jitgate" / "history.db").write_text("1")
    project.commit()
    resolve(project.wish())
    project.commit()
    assert "trees" not in project.git("ls-files")
    (project.path / ".jitgate" / "history.db").write_text("2")
    assert resolve(project.wish("HEAD~2")).comparison.problem == ""
