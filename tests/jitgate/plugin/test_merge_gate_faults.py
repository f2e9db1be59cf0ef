"""What goes wrong between two commits, in real repositories with real workers: never green, never a riddle."""

from __future__ import annotations

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from jitgate.trees.asked import Wish, resolve

from tests.jitgate.plugin.base_checkout import FACTORY, TABLE, Checkout

pytestmark = pytest.mark.slow

TIME = ("-k", "slower_than_the_bases")


def slower(found: subprocess.CompletedProcess[str]) -> float:
    """By what share the head is slower than its base: about 0 where both have run the head."""
    said = re.search(r"A call takes ([+-]\d+\.\d)%", found.stdout)
    assert said is not None, found.stdout
    return float(said[1]) / 100


def test_a_shallow_clone_is_refused_with_the_fetch_that_is_missing(checkout: Checkout) -> None:
    clone = Checkout(checkout.path.with_name("clone"))
    checkout.git("clone", "-q", "--depth", "1", checkout.path.as_uri(), str(clone.path))
    said = clone.refused("--jitgate-base", "HEAD~1")
    assert "--jitgate-base HEAD~1: this clone is shallow" in said
    assert "fetch-depth: 0" in said


def test_a_submodule_is_refused_with_what_to_name_instead(checkout: Checkout) -> None:
    other = Checkout(checkout.path.with_name("vendored"))
    checkout.git("clone", "-q", str(checkout.path), str(other.path))
    checkout.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.path), "vendored")
    checkout.commit("Vendor it")
    checkout.repeats(11)
    checkout.commit("Go on")
    assert "has a submodule (vendored)" in checkout.refused("--jitgate-base", "HEAD~1")


def test_a_pointer_of_git_lfs_is_refused_with_the_fetch_that_is_missing(checkout: Checkout) -> None:
    text = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 3\n"
    checkout.write("weights.bin", text.format("ab" * 32))
    checkout.commit("Add weights")
    checkout.repeats(11)
    checkout.commit("Go on")
    assert "weights.bin is a Git LFS pointer in that commit" in checkout.refused("--jitgate-base", "HEAD~1")


def test_a_base_that_is_not_there_is_refused_with_how_to_fetch_it(checkout: Checkout) -> None:
    assert "--jitgate-base v9: there is no such commit" in checkout.refused("--jitgate-base", "v9")


def test_the_heads_folder_on_pythonpath_is_not_the_bases(checkout: Checkout) -> None:
    found = checkout.pytest("--jitgate-base", "HEAD~1", *TIME, pythonpath=(checkout.path / "src", checkout.path))
    assert found.returncode == 1
    assert slower(found) > 0.3


SETUP = """
from setuptools import Extension, setup

setup(name="toy", version="0.1", package_dir={{"": "src"}}, packages=["toy"], ext_modules={extensions})
"""


def environment(folder: Path) -> str:
    """The interpreter of an environment of its own, which has what this one has."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    here = [entry for entry in sys.path if "site-packages" in Path(entry).parts]
    inside = sysconfig.get_path("purelib", scheme="venv", vars={"base": str(folder), "platbase": str(folder)})
    (Path(inside) / "like-the-other.pth").write_text("\n".join(here) + "\n", encoding="utf-8")
    return str(next(path for path in (folder / "bin/python", folder / "Scripts/python.exe") if path.exists()))


def test_a_head_that_is_installed_editable_is_not_the_bases(checkout: Checkout) -> None:
    checkout.write("setup.py", SETUP.format(extensions="[]"))
    checkout.commit("Package it")
    checkout.repeats(40)
    checkout.commit("Do it twice again")
    python = environment(checkout.path.with_name("environment"))
    install = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable"]
    subprocess.run([*install, str(checkout.path)], check=True)
    found = checkout.pytest("--jitgate-base", "HEAD~1", *TIME, python=python)
    assert found.returncode == 1
    assert slower(found) > 0.3


def test_a_head_that_imports_another_checkout_is_invalid(checkout: Checkout) -> None:
    """A work tree beside the one that PYTHONPATH, or an editable install, names."""
    fast = checkout.path.with_name("fast")
    checkout.git("worktree", "add", "--quiet", "--detach", str(fast), "HEAD~1")
    found = checkout.pytest("--jitgate-base", "HEAD~1", *TIME, budget_s=2, pythonpath=(fast / "src",))
    assert found.returncode == 1
    assert "INVALID toy.net/short/eager" in found.stdout, found.stdout
    assert f"from {fast / 'src' / 'toy'}" in found.stdout
    assert "names another checkout" in found.stdout


EXTENSION = """
#define PY_SSIZE_T_CLEAN
#include <Python.h>
{more}
static PyObject *repeats(PyObject *self, PyObject *none) {{ return PyLong_FromLong({count}); }}

static PyMethodDef methods[] = {{{{"repeats", repeats, METH_NOARGS, ""}}, {{NULL, NULL, 0, NULL}}}};

static struct PyModuleDef module = {{PyModuleDef_HEAD_INIT, "_fast", NULL, -1, methods}};

PyMODINIT_FUNC PyInit__fast(void) {{ return PyModule_Create(&module); }}
"""


def extended(checkout: Checkout, count: int, more: str = "") -> None:
    checkout.write("setup.py", SETUP.format(extensions='[Extension("toy._fast", ["src/toy/_fast.c"])]'))
    checkout.write("src/toy/_fast.c", EXTENSION.format(count=count, more=more))
    checkout.write("src/toy/work.py", "from toy._fast import repeats\n")
    checkout.commit(f"Repeat it {count} times")


def built_in_place(checkout: Checkout) -> None:
    command = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace"]
    subprocess.run(command, cwd=checkout.path, check=True, capture_output=True)


def test_a_compiled_extension_is_built_of_each_commit(checkout: Checkout) -> None:
    extended(checkout, 10)
    extended(checkout, 30)
    built_in_place(checkout)
    found = checkout.pytest("--jitgate-base", "HEAD~1", *TIME)
    assert found.returncode == 1
    assert slower(found) > 0.3
    built = list((checkout.path / ".jitgate").glob("*/*/*-built/toy/_fast*"))
    assert len({path.parent for path in built}) == 4, "base and copy, and both once more to confirm"


def test_a_base_that_does_not_build_is_invalid_with_what_the_compiler_said(checkout: Checkout) -> None:
    extended(checkout, 10, more="#include <no_such_header.h>")
    extended(checkout, 30)
    built_in_place(checkout)
    found = checkout.pytest("--jitgate-base", "HEAD~1", *TIME, budget_s=2)
    assert found.returncode == 1
    assert "INVALID toy.net/short/eager" in found.stdout, found.stdout
    assert "the base does not build: " in found.stdout, found.stdout
    assert "no_such_header.h" in found.stdout, found.stdout


def test_a_stale_checkout_is_made_again(checkout: Checkout) -> None:
    wish = Wish("HEAD~1", checkout.path / "pyproject.toml", checkout.path, checkout.path / ".jitgate" / "trees")
    for tree in resolve(wish).trees.values():
        (tree.root / "src" / "toy" / "work.py").write_text("def repeats():\n    return 20\n", encoding="utf-8")
    found = checkout.pytest("--jitgate-base", "HEAD~1", *TIME)
    assert found.returncode == 1
    assert slower(found) > 0.3


@pytest.mark.parametrize("where", ["benchmarks", "package"])
def test_both_sides_get_the_heads_inputs_where_it_has_changed_them(checkout: Checkout, where: str) -> None:
    factory = FACTORY.replace("import torch", "import torch\n\nfrom toy.inputs import ROWS").replace(
        "64, 256", "ROWS, 256"
    )
    checkout.write("bench/models.py", factory)
    checkout.write("src/toy/inputs.py", "ROWS = 64\n")
    checkout.repeats(10)
    checkout.commit("Name the number of rows")
    if where == "package":
        checkout.write("src/toy/inputs.py", "ROWS = 256\n")
    else:
        checkout.write("bench/models.py", factory.replace("(ROWS,", "(4 * ROWS,"))
    checkout.commit("Measure more rows")
    found = checkout.pytest("--jitgate-base", "HEAD~1", *TIME, budget_s=10)
    assert "since base" in found.stdout, found.stdout
    assert "FAIL toy.net" not in found.stdout, found.stdout
    assert "INVALID toy.net" not in found.stdout, found.stdout


DIES = """
CALLS = 0


def repeats():
    global CALLS
    CALLS += 1
    if CALLS > 40:
        import os

        os._exit(3)
    return 10
"""


def test_a_head_whose_worker_dies_fails(checkout: Checkout) -> None:
    checkout.write("src/toy/work.py", DIES)
    checkout.commit("Die")
    found = checkout.pytest("--jitgate-base", "HEAD~1", *TIME, budget_s=4)
    assert found.returncode == 1
    assert "FAIL toy.net/short/eager max_slowdown.time=10%: worker eager exited with code 3" in found.stdout, (
        found.stdout
    )


def test_a_base_whose_worker_dies_is_invalid_and_says_so(checkout: Checkout) -> None:
    checkout.write("src/toy/work.py", DIES)
    checkout.commit("Die")
    checkout.repeats(10)
    checkout.commit("Live")
    found = checkout.pytest("--jitgate-base", "HEAD~1", *TIME, budget_s=4)
    assert found.returncode == 1
    assert "INVALID toy.net/short/eager max_slowdown.time=10%: There is nothing to compare with" in found.stdout, (
        found.stdout
    )
    assert "since base HEAD~1 (" in found.stdout, found.stdout
    assert "eager#base exited with code 3" in found.stdout, found.stdout


def test_a_base_whose_model_does_not_import_is_invalid_and_says_so(checkout: Checkout) -> None:
    checkout.write("src/toy/work.py", "import no_such_module\n")
    checkout.commit("Break it")
    checkout.repeats(10)
    checkout.commit("Mend it")
    found = checkout.pytest("--jitgate-base", "HEAD~1", *TIME, budget_s=2)
    assert found.returncode == 1
    assert "INVALID toy.net/short/eager" in found.stdout, found.stdout
    assert "No module named 'no_such_module'" in found.stdout, found.stdout


def test_a_gate_that_the_same_change_loosens_is_said(checkout: Checkout) -> None:
    checkout.write("pyproject.toml", TABLE.replace("10%", "900%"))
    checkout.commit("Allow everything")
    found = checkout.pytest("--jitgate-base", "HEAD~1", *TIME, "--jitgate-report", "report.md", budget_s=2)
    note = "This change also changes what is required: removed: */*/* max_slowdown = 10%"
    assert f"note: {note}" in found.stdout, found.stdout
    assert "This change also changes what is required" in (checkout.path / "report.md").read_text(encoding="utf-8")


def test_stages_of_a_pipeline_are_compared(checkout: Checkout) -> None:
    factory = FACTORY.replace(
        "threads=1", 'threads=1, stages={"one": jitgate.Stage("one", output=jitgate.StageOutput.TOKENS)}'
    )
    checkout.write("bench/models.py", factory)
    checkout.write("pyproject.toml", TABLE.replace('["eager"]', '["eager", "one=torchscript"]'))
    checkout.commit("Measure a stage")
    checkout.repeats(60)
    checkout.commit("Do it three times")
    found = checkout.pytest("--jitgate-base", "HEAD~1", *TIME, "--jitgate-select", "*/*/one=torchscript")
    # A busy machine may not decide it; that it is three times the work shows in any case.
    assert "toy.net/short/one=torchscript max_slowdown.time=10%: A call takes +" in found.stdout, found.stdout
