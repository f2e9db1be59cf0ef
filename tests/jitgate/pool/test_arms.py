"""An arm that imports anything of another arm can't be believed, and says what it imported."""

from __future__ import annotations

from pathlib import Path

import pytest
from jitgate.model.base_comparison import BaseComparison
from jitgate.model.source_tree import Origin, SourceTree
from jitgate.model.tree_requests import TreeProof
from jitgate.model.variant import BASE, BASELINE, COPY, VariantSpec, arm
from jitgate.pool.arms import Arms

HEAD = Path("/work")
A, B = (HEAD / ".jitgate" / "trees" / "abc" / name for name in "ab")
TREES = {BASE: SourceTree(BASE, A, HEAD, "abc"), COPY: SourceTree(COPY, B, HEAD, "abc")}
ORIGIN = Origin({"toy.model": "/work/src/toy/model.py"}, {"bench": "/work/bench.py"})
RIGHT = Origin({"toy.model": f"{A}/src/toy/model.py"}, {"bench": "/work/bench.py"})


def proof(loaded: dict[str, str], commit: str = "abc", origin: Origin = RIGHT, **versions: str) -> TreeProof:
    return TreeProof(commit, loaded, origin, versions)


def arms() -> Arms:
    return Arms(TREES, origin=ORIGIN)


def test_a_checkout_with_the_heads_benchmarks_is_right() -> None:
    right = proof({"toy.model": f"{A}/src/toy/model.py", "bench": "/work/bench.py"})
    assert arms().problem(TREES[BASE], right) == ""


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (proof({"toy.work": "/work/src/toy/work.py"}), "imported toy.work from the head"),
        (proof({"toy.work": f"{B}/src/toy/work.py"}), "imported toy.work from another checkout"),
        (proof({}, commit="def"), "which is at def and not at abc"),
        (proof({}, origin=Origin({"timm": "/v/site-packages/timm.py"})), "measures nothing of its checkout"),
    ],
    ids=["the head", "the other copy", "a stale checkout", "only an installed package"],
)
def test_an_arm_that_is_not_of_its_checkout_is_said(found: TreeProof, said: str) -> None:
    assert said in arms().problem(TREES[BASE], found)


def test_a_package_that_is_installed_as_a_copy_is_said(tmp_path: Path) -> None:
    (tmp_path / "src" / "toy").mkdir(parents=True)
    tree = SourceTree(BASE, tmp_path / ".jitgate" / "a", tmp_path, "abc")
    installed = Origin({"toy.model": "/v/site-packages/toy/model.py"}, {"bench": str(tree.root / "bench.py")})
    found = Arms({BASE: tree}, origin=installed).problem(tree, proof({}, origin=installed))
    assert "which both commits share; install the project editable" in found


def test_a_head_that_imports_a_checkout_is_said() -> None:
    assert "is of the head, and imported toy" in arms().problem(None, proof({"toy": f"{A}/src/toy/__init__.py"}))


@pytest.mark.parametrize(
    ("name", "file", "there", "said"),
    [
        ("toy.model", "src/toy/model.py", "src/toy/model.py", True),
        ("toy", "src/toy/__init__.py", "src/toy/__init__.py", True),
        ("toy.model", "packages/one/lib/toy/model.py", "packages/one/lib/toy/model.py", True),
        ("toy.model", "lib/toy/model.py", "src/toy/model.py", True),
        ("helpers", "helpers.py", "tests/helpers.py", False),
        ("theirs.model", "theirs/model.py", "src/toy/model.py", False),
    ],
)
def test_a_head_that_imports_another_checkout_is_said(
    tmp_path: Path, name: str, file: str, there: str, said: bool
) -> None:
    head, other = tmp_path / "head", tmp_path / "other"
    for path in (head / there, other / file):
        path.parent.mkdir(parents=True)
        path.write_text("")
    (other / ".git").write_text("gitdir: elsewhere\n")
    found = Arms({BASE: SourceTree(BASE, tmp_path / "a", head, "abc")})
    problem = found.problem(None, TreeProof("", {}, Origin(), {}, {name: str(other / file)}))
    assert (f"imported {name} from {other / file}, not from {head / there}" in problem) is said
    assert bool(problem) is said


def test_every_variant_has_two_more_workers() -> None:
    eager, staged = VariantSpec("eager", "x:y"), VariantSpec("s", "x:y", stages=(("one", VariantSpec("jit", "x:y")),))
    assert sorted(arms().workers([eager, staged])) == ["eager#base", "eager#copy", "s#base", "s#copy"]
    assert arms().tree_of("eager#copy") is TREES[COPY]
    assert arms().tree_of("eager#control") is None


def test_versions_that_differ_are_recorded() -> None:
    found = arms()
    found.proofs = {
        BASELINE: proof({}, torch="2.13.0", numpy="2"),
        arm(BASELINE, BASE): proof({}, torch="2.12.1", numpy="2"),
    }
    assert found.compared(BaseComparison("main")).changed == {"torch": ("2.12.1", "2.13.0")}
