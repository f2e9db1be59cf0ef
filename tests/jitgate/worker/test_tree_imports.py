"""Whatever way the head was installed, an arm imports the checkout: each in a process of its own."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from jitgate.worker.tree_imports import file_of, file_of_code

from tests.surroundings import inherited

PERF = Path(__file__).parents[3] / "perf"

ASK = """
import json, os, sys
{before}
from pathlib import Path
from jitgate.model.source_tree import SourceTree
from jitgate.worker.tree_imports import enter
head = Path({head!r})
tree = SourceTree("base", Path({tree!r}), head, "abc", paths={paths})
enter(tree, {from_head!r})
said = {{}}
for name in {names!r}:
    try:
        module = __import__(name, fromlist=["x"])
        said[name] = getattr(module, "WHO", None) or list(module.__path__)[0]
    except ModuleNotFoundError as error:
        said[name] = f"missing {{error.name}}"
said["cwd"] = os.getcwd()
said |= {{name: os.environ.get(name, "") for name in ("PYTHONPATH", "TORCH_EXTENSIONS_DIR", *{say!r})}}
print(json.dumps(said))
"""


@pytest.fixture
def arms(tmp_path: Path) -> tuple[Path, Path]:
    """A head with a src layout and benchmarks, and a checkout of an earlier commit below it."""
    head, tree = tmp_path / "head", tmp_path / "head" / ".jitgate" / "trees" / "abc" / "a"
    for root, who in ((head, "head"), (tree, "base")):
        for name in ("src/toy/__init__.py", "src/toy/model.py", "bench/__init__.py", "bench/models.py", "flat.py"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(f"WHO = {who!r}\n", encoding="utf-8")
        (root / "src/spread/part").mkdir(parents=True)
        (root / "src/spread/part/one.py").write_text(f"WHO = {who!r}\n", encoding="utf-8")
    (head / "src/toy/only_head.py").write_text("WHO = 'head'\n", encoding="utf-8")
    (head / "fresh.py").write_text("WHO = 'head'\n", encoding="utf-8")
    return head, tree


def ask(
    arms: tuple[Path, Path],
    *names: str,
    before: str = "",
    from_head: dict[str, str] | None = None,
    pythonpath: tuple[Path, ...] = (),
    cwd: Path | None = None,
    paths: str = "()",
    say: tuple[str, ...] = (),
) -> dict[str, str]:
    head, tree = arms
    source = ASK.format(
        before=before, head=str(head), tree=str(tree), from_head=from_head or {}, names=names, paths=paths, say=say
    )
    path = os.pathsep.join(map(str, (*pythonpath, PERF)))
    done = subprocess.run(
        [sys.executable, "-c", source],
        cwd=cwd or head.parent,
        env={**inherited(), "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_pythonpath_is_the_checkouts(arms: tuple[Path, Path]) -> None:
    head, tree = arms
    found = ask(arms, "toy", "toy.model", "flat", "spread.part.one", pythonpath=(head / "src", head))
    assert [found[name] for name in ("toy", "toy.model", "flat", "spread.part.one")] == ["base"] * 4
    assert str(head / "src") not in found["PYTHONPATH"].split(os.pathsep)
    assert str(tree / "src") in found["PYTHONPATH"].split(os.pathsep)


def test_the_current_directory_is_the_checkouts(arms: tuple[Path, Path]) -> None:
    head, tree = arms
    found = ask(arms, "flat", cwd=head)
    assert (found["flat"], Path(found["cwd"]).resolve()) == ("base", tree.resolve())


def test_an_editable_install_by_a_finder_is_the_checkouts(arms: tuple[Path, Path]) -> None:
    """As setuptools' `__editable__` finders: a mapping of names, asked after the path."""
    finder = f"""
from importlib.util import spec_from_file_location
class Editable:
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name == "toy":
            place = {str(arms[0] / "src" / "toy")!r}
            return spec_from_file_location(name, place + "/__init__.py", submodule_search_locations=[place])
sys.meta_path.append(Editable)
"""
    found = ask(arms, "toy", "toy.model", before=finder)
    assert (found["toy"], found["toy.model"]) == ("base", "base")


def test_what_only_the_head_has_is_missing(arms: tuple[Path, Path]) -> None:
    head, _ = arms
    found = ask(arms, "fresh", "toy.only_head", pythonpath=(head / "src", head))
    assert (found["fresh"], found["toy.only_head"]) == ("missing fresh", "missing toy.only_head")


def test_benchmarks_come_from_the_head(arms: tuple[Path, Path]) -> None:
    head, _ = arms
    kept = {"bench": str(head / "bench" / "__init__.py"), "toy.model": str(head / "src" / "toy" / "model.py")}
    found = ask(arms, "bench.models", "toy", "toy.model", from_head=kept, pythonpath=(head / "src", head))
    assert (found["bench.models"], found["toy"], found["toy.model"]) == ("head", "base", "head")


def test_another_interpreter_is_given_the_folders_of_the_checkout(arms: tuple[Path, Path]) -> None:
    _, tree = arms
    found = ask(arms, "toy", paths=f"(Path({str(tree / 'src')!r}),)")
    assert found["toy"] == "base"


def test_extensions_that_torch_builds_while_it_runs_are_the_checkouts(arms: tuple[Path, Path]) -> None:
    """torch keeps them by name, for all processes of a user."""
    _, tree = arms
    assert ask(arms, "toy")["TORCH_EXTENSIONS_DIR"] == str(tree.with_name("a-extensions"))


def test_the_head_under_the_name_of_a_link_is_the_checkouts(arms: tuple[Path, Path], tmp_path: Path) -> None:
    head, _ = arms
    (tmp_path / "link").symlink_to(head)
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "flat.py").symlink_to(head / "flat.py")
    found = ask(
        arms, "toy.model", "spread.part.one", "flat", pythonpath=(tmp_path / "link" / "src", tmp_path / "installed")
    )
    assert [found[name] for name in ("toy.model", "spread.part.one", "flat")] == ["base"] * 3


def test_a_variable_that_leads_into_the_head_leads_into_the_checkout(arms: tuple[Path, Path]) -> None:
    head, tree = arms
    names = {"PLACE": str(head / "src"), "FILE": str(head / "flat.py"), "FRESH": str(head / "fresh.py"), "WORD": "src"}
    before = f"import os\nos.environ |= {names!r}"
    found = ask(arms, before=before, say=("PLACE", "FILE", "FRESH", "WORD"))
    assert [found[name] for name in ("PLACE", "FILE")] == [str(tree / "src"), str(tree / "flat.py")]
    assert [found[name] for name in ("FRESH", "WORD")] == [names["FRESH"], "src"]


def test_a_class_of_no_module_is_found_by_its_code(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("class Net:\n    def forward(self): ...\n")
    made = runpy.run_path(str(tmp_path / "net.py"))
    assert file_of_code(made["Net"]) == str(tmp_path / "net.py")
    assert file_of_code(type("Made", (), {})) is None


def test_what_is_loaded_by_its_place_is_noted(arms: tuple[Path, Path]) -> None:
    """It need not be among the modules of the process."""
    head, tree = arms
    load = f"""
from importlib.util import module_from_spec, spec_from_file_location
spec = spec_from_file_location("by_place", {str(head / "flat.py")!r})
spec.loader.exec_module(module_from_spec(spec))
"""
    source = ASK.format(before="", head=str(head), tree=str(tree), from_head={}, names=(), paths="()", say=())
    source += f"{load}\nfrom jitgate.worker.tree_imports import LOADED\nprint(json.dumps(LOADED))\n"
    done = subprocess.run(
        [sys.executable, "-c", source],
        env={**inherited(), "PYTHONPATH": str(PERF)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ["by_place", str(head / "flat.py")] in json.loads(done.stdout.splitlines()[-1])


def test_a_module_that_was_made_while_the_program_runs_has_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ModuleType("made_up")
    made.__file__ = "_ops.py"
    monkeypatch.setitem(sys.modules, "made_up", made)
    monkeypatch.chdir(tmp_path)
    assert file_of("made_up") is None
    (tmp_path / "_ops.py").touch()
    assert file_of("made_up") == str(tmp_path / "_ops.py")
