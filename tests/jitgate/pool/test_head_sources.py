"""Another copy of the head's files is not taken for the head, wherever it lies."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jitgate.model.source_tree import Origin, SourceTree
from jitgate.model.tree_requests import TreeProof
from jitgate.model.variant import BASE, BASELINE
from jitgate.pool.arms import Arms


def tree_of(head: Path) -> SourceTree:
    return SourceTree(BASE, head / ".jitgate" / "trees" / "abc" / "a", head, "abc")


def written(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")


@pytest.mark.parametrize("folder", ["work/fast/src", "build/lib", "old"])
def test_a_copy_below_the_head_that_git_does_not_keep_is_not_the_head(tmp_path: Path, folder: str) -> None:
    own, copy = tmp_path / "src" / "toy" / "work.py", tmp_path / folder / "toy" / "work.py"
    written(own, copy)
    if folder.startswith("work"):
        (tmp_path / "work" / "fast" / ".git").write_text("gitdir: elsewhere\n")
    found = Arms({BASE: tree_of(tmp_path)}, kept=frozenset({own}))
    said = found.problem(None, TreeProof("", {"toy.work": str(copy)}, Origin(), {}))
    assert f"imported toy.work from {copy}, not from {own}" in said


@pytest.mark.parametrize(
    ("name", "file", "kept"),
    [
        ("toy.work", "src/toy/work.py", ["src/toy/work.py"]),
        ("toy._version", "src/toy/_version.py", ["src/toy/work.py"]),
        ("random", ".venv/lib/python3.11/site-packages/random.py", ["random.py"]),
        ("helpers", "tests/helpers.py", ["tests/helpers.py", "helpers.py"]),
    ],
    ids=["its own", "a generated one", "an environment's", "one of two that git keeps"],
)
def test_what_is_the_heads_own_is_right(tmp_path: Path, name: str, file: str, kept: list[str]) -> None:
    written(tmp_path / file, *(tmp_path / each for each in kept))
    found = Arms({BASE: tree_of(tmp_path)}, kept=frozenset(tmp_path / each for each in kept))
    assert found.problem(None, TreeProof("", {name: str(tmp_path / file)}, Origin(), {})) == ""


def test_a_file_under_the_name_of_a_link_is_the_file(tmp_path: Path) -> None:
    own = tmp_path / "src" / "toy" / "work.py"
    written(own)
    (tmp_path / "link").symlink_to("src")
    found = Arms({BASE: tree_of(tmp_path)}, kept=frozenset({own}))
    loaded = {"toy.work": str(tmp_path / "link" / "toy" / "work.py")}
    assert found.problem(None, TreeProof("", loaded, Origin(), {})) == ""


@pytest.mark.parametrize("where", ["base", "head"])
@pytest.mark.parametrize("place", ["src/toy/ops.py", "toy/ops.py", "lib/toy/ops.py"])
def test_a_helper_that_is_installed_as_a_copy_is_said(tmp_path: Path, where: str, place: str) -> None:
    """The measured module is the benchmarks' own, and what it calls is not the commit's."""
    tree, own = tree_of(tmp_path), tmp_path / place
    written(own)
    measured = Origin({"bench.models": str(tree.root / "bench" / "models.py")})
    copy = {"toy.ops": "/v/lib/site-packages/toy/ops.py"}
    proofs = {
        side: TreeProof("abc", {}, measured, {}, installed=copy if side == where else {}) for side in ("base", "head")
    }
    found = Arms({BASE: tree}, origin=measured, proofs={BASELINE: proofs["head"]}, kept=frozenset({own}))
    said = "imported toy.ops from /v/lib/site-packages/toy/ops.py, which both commits share"
    assert (said in found.problem(tree, proofs["base"])) is (place != "lib/toy/ops.py")


@pytest.mark.parametrize(
    ("source", "newer", "said"),
    [
        ("src/toy/_fast.c", True, True),
        ("src/toy/other.pyx", True, True),
        ("src/toy/_fast.py", True, True),
        ("src/toy/work.py", True, False),
        ("src/toy/_fast.c", False, False),
        ("other/src/_fast.c", True, False),
    ],
)
def test_a_compiled_module_that_is_older_than_its_sources_is_said(
    tmp_path: Path, source: str, newer: bool, said: bool
) -> None:
    module, setup = tmp_path / "src" / "toy" / "_fast.cpython-311-x86_64-linux-gnu.so", tmp_path / "setup.py"
    written(module, setup, tmp_path / source, tmp_path / "other" / "setup.py")
    os.utime(module, (1000, 1000))
    os.utime(tmp_path / source, (2000, 2000) if newer else (500, 500))
    found = Arms({BASE: tree_of(tmp_path)}, kept=frozenset({tmp_path / source, setup}))
    problem = found.problem(None, TreeProof("", {}, Origin(extensions=(str(module),)), {}))
    assert (f"imported {module}, which is older than {tmp_path / source}" in problem) is said
    assert bool(problem) is said


def test_a_package_of_which_one_module_was_built_since_is_right(tmp_path: Path) -> None:
    modules, source = [tmp_path / f"{name}.abi3.so" for name in ("one", "two")], tmp_path / "one.c"
    written(*modules, source)
    for file, at in zip((*modules, source), (3000, 1000, 2000), strict=True):
        os.utime(file, (at, at))
    found = Arms({BASE: tree_of(tmp_path)}, kept=frozenset({source}))
    assert found.problem(None, TreeProof("", {}, Origin(extensions=tuple(map(str, modules))), {})) == ""


@pytest.mark.parametrize(("file", "right"), [("/work/bench/kernels.py", True), ("/work/kernels/one.py", False)])
def test_what_benchmarks_load_by_its_place_is_theirs_in_their_folder_only(file: str, right: bool) -> None:
    tree = tree_of(Path("/work"))
    head = Origin({"toy.model": "/work/src/toy/model.py"}, {"bench": "/work/bench/__init__.py"})
    base = Origin({"toy.model": f"{tree.root}/src/toy/model.py"}, head.factory)
    said = Arms({BASE: tree}, origin=head).problem(tree, TreeProof("abc", {"kernels": file}, base, {}))
    assert (said == "") is right
