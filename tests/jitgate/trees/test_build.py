"""Which packages of a checkout are built, and what is said of one that does not build."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jitgate.model.source_tree import SourceTree
from jitgate.trees.build import build, packages
from jitgate.trees.environment import run
from jitgate.trees.git import Repository

from tests.jitgate.trees.conftest import Project


def compiled(project: Project, *names: str) -> None:
    for name in names:
        path = project.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_a_package_that_was_built_in_place_is_the_nearest_folder_with_a_build(project: Project) -> None:
    compiled(project, "src/toy/_fast.so", "kernels/src/kernels/_ops.abi3.so")
    (project.path / "kernels" / "setup.py").write_text("")
    assert packages(Repository(project.path)) == [Path(), Path("kernels")]


def test_extensions_of_environments_and_of_checkouts_are_no_packages(project: Project) -> None:
    compiled(project, ".venv/lib/x/_fast.so", ".jitgate/trees/abc/a-built/toy/_fast.so")
    assert packages(Repository(project.path)) == []


def test_a_checkout_that_is_older_than_its_package_builds_nothing(tmp_path: Path) -> None:
    tree = SourceTree("base", tmp_path / "a", tmp_path, "abc")
    assert list(build(tree, [Path("kernels")]).iterdir()) == [tmp_path / "a-built" / "built.txt"]


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        (
            "error: failed\na.c:1:10: fatal error: no.h: No such file\nERROR: no wheel",
            "a.c:1:10: fatal error: no.h: No such file",
        ),
        ("a.cpp(3): error C2065: 'x': undeclared\nerror: cl.exe failed", "a.cpp(3): error C2065: 'x': undeclared"),
        (
            "error: x\nModuleNotFoundError: No module named 'numpy'\nERROR: no wheel",
            "ModuleNotFoundError: No module named 'numpy'",
        ),
        ("ERROR: Could not find a version\nERROR: No matching distribution", "ERROR: No matching distribution"),
    ],
)
def test_what_is_said_is_the_cause_and_not_that_something_failed(said: str, cause: str) -> None:
    assert run([sys.executable, "-c", f"import sys; sys.exit({said!r})"]) == cause
    assert run([sys.executable, "-c", f"print({said!r})"]) is None
