"""`--jitgate-base` in a repository as a user has one: src layout, commits, real workers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.jitgate.plugin.base_checkout import FACTORY, MODEL, TABLE, Checkout, wheel

pytestmark = pytest.mark.slow


def test_without_a_base_the_gate_is_said_not_to_be_judged(checkout: Checkout) -> None:
    found = checkout.pytest("-k", "test_eager_agrees_with_itself", budget_s=1)
    assert "note: max_slowdown is judged in sessions with --jitgate-base, and not in this one" in found.stdout


def test_a_slower_head_is_red_with_the_figure_and_confirmed(checkout: Checkout) -> None:
    found = checkout.pytest("--jitgate-base", "HEAD~1", "--jitgate-verbose")
    assert found.returncode == 1, found.stdout
    base = checkout.git("rev-parse", "HEAD~1")[:10]
    assert f"since base HEAD~1 ({base})" in found.stdout
    assert "FAIL toy.net/short/eager max_slowdown.time=10%: A call takes +" in found.stdout
    assert "Confirmed in workers built and started again" in found.stdout


def test_equal_work_in_another_commit_is_no_slowdown(checkout: Checkout) -> None:
    checkout.write("src/toy/work.py", "# Written anew.\ndef repeats():\n    return 10\n")
    checkout.commit("Do it once")
    found = checkout.pytest("--jitgate-base", "HEAD~2", "-k", "slower_than_the_bases", "--jitgate-verbose")
    assert "FAIL toy.net" not in found.stdout
    assert "base HEAD~2 (" in found.stdout


def test_one_commit_twice_is_invalid(checkout: Checkout) -> None:
    found = checkout.pytest("--jitgate-base", "main", "-k", "slower_than_the_bases", budget_s=2)
    assert found.returncode == 1
    assert "INVALID: Base and head can't be compared: both are commit" in found.stdout


def test_changes_that_are_not_committed_are_refused(checkout: Checkout) -> None:
    checkout.repeats(11)
    found = checkout.pytest("--jitgate-base", "HEAD~1")
    assert found.returncode == 4
    assert "changes that are not committed (src/toy/work.py)" in found.stdout + found.stderr


def test_equal_files_leave_nothing_to_measure(checkout: Checkout) -> None:
    checkout.git("commit", "-q", "--allow-empty", "-m", "Nothing")
    found = checkout.pytest("--jitgate-base", "HEAD~1", "-rs", timeout_s=60)
    assert found.returncode == 0, found.stdout
    assert "Nothing to measure: base" in found.stdout
    assert "passed" not in found.stdout.splitlines()[-1]


def test_a_benchmark_that_went_is_red_and_a_changed_gate_is_said(checkout: Checkout) -> None:
    checkout.write("pyproject.toml", TABLE.replace("toy.net", "toy.other").replace("10%", "90%"))
    checkout.commit("Rename it")
    found = checkout.pytest("--jitgate-base", "HEAD~1", budget_s=2)
    assert found.returncode == 1
    assert "REMOVED toy.net/short/eager: base HEAD~1" in found.stdout
    assert "note: This change also changes what is required: removed: */*/* max_slowdown = 10%; new: " in found.stdout


def test_a_benchmark_that_is_new_in_head_is_measured_and_not_compared(checkout: Checkout) -> None:
    checkout.write("src/toy/second.py", "from toy.model import Net as Second\n")
    checkout.write("bench/models.py", FACTORY.replace("toy.model import Net", "toy.second import Second as Net"))
    checkout.write("pyproject.toml", TABLE.replace("toy.net", "toy.second"))
    checkout.commit("Add another")
    found = checkout.pytest("--jitgate-base", "HEAD~1", "-k", "slower_than_the_bases", budget_s=2)
    assert "New in head: measured, not compared" in found.stdout
    assert "FAIL toy.second" not in found.stdout


def test_an_export_of_the_base_is_built_from_the_base(checkout: Checkout) -> None:
    checkout.write("pyproject.toml", TABLE.replace('["eager"]', '["eager", "torchscript"]'))
    checkout.commit("Measure TorchScript too")
    checkout.write("src/toy/model.py", MODEL.replace("repeats()", "2"))
    checkout.commit("Do less")
    found = checkout.pytest("--jitgate-base", "HEAD~1", "--jitgate-select", "*/*/torchscript", budget_s=10)
    assert "torchscript#base" in found.stdout
    assert "FAIL toy.net" not in found.stdout
    base = checkout.git("rev-parse", "HEAD~1")[:12]
    for role in ("base", "copy"):
        assert list((checkout.path / ".jitgate" / "cache" / f"{base}-{role}").glob("torchscript-*/manifest.json"))


def test_bisecting_names_the_first_slow_commit(checkout: Checkout) -> None:
    checkout.repeats(10)
    checkout.commit("Do it once")
    for number in range(4):
        checkout.repeats(60 if number > 1 else 10)
        checkout.write("README.md", f"A toy, {number}.\n")
        checkout.commit(f"Change number {number}")
    slow = checkout.git("rev-parse", "HEAD~1")
    start = checkout.git("rev-parse", "HEAD~4")
    chosen = ["--jitgate-select", "toy.net/short/eager"]
    found = checkout.pytest("--jitgate-bisect", start, "HEAD", *chosen, budget_s=30)
    assert found.returncode == 0, found.stdout
    assert f"FIRST SLOW COMMIT {slow} Change number 2" in found.stdout
    assert "found in 2 steps" in found.stdout


BY_VERSION = """
from importlib.metadata import version


def repeats():
    return 10 if version("torch").startswith("0.") else 30
"""


def test_two_versions_of_a_package_are_compared_in_one_run(checkout: Checkout, tmp_path: Path) -> None:
    """A stand-in for torch that has nothing but its name and version: the head's is the newer one."""
    checkout.write("src/toy/work.py", BY_VERSION)
    checkout.commit("Go by the version")
    made = wheel(tmp_path, "torch", "0.0.1")
    found = checkout.pytest("--jitgate-base-install", str(made), "-k", "slower_than_the_bases", budget_s=12)
    assert found.returncode == 1, found.stdout + found.stderr
    head = checkout.git("rev-parse", "HEAD")[:10]
    assert f"base HEAD ({head}) -> head {head}, torch 0.0.1 -> " in found.stdout
    assert "A call takes +" in found.stdout


@pytest.mark.parametrize("options", [("--jitgate-base", ""), ("--jitgate-base=", "--jitgate-smoke")])
def test_an_empty_base_is_refused(checkout: Checkout, options: tuple[str, ...]) -> None:
    assert "--jitgate-base and --jitgate-base-python can't be empty" in checkout.refused(*options)


def test_an_interpreter_that_is_not_there_is_said(checkout: Checkout) -> None:
    found = checkout.pytest("--jitgate-base-python", "nowhere/python")
    assert found.returncode == 4
    assert "there is no such interpreter" in found.stdout + found.stderr


def test_a_requirement_that_is_not_there_is_said(checkout: Checkout) -> None:
    found = checkout.pytest("--jitgate-base-install", "./no-such-wheel-1.0-py3-none-any.whl")
    assert found.returncode == 4
    assert (
        "--jitgate-base-install './no-such-wheel-1.0-py3-none-any.whl': pip can't install it"
        in found.stdout + found.stderr
    )


def test_a_base_with_another_output_is_not_judged_by_its_speed(checkout: Checkout) -> None:
    checkout.write("src/toy/model.py", MODEL.replace("torch.relu(y)", "torch.relu(y) * 1.5"))
    checkout.commit("Scale it")
    found = checkout.pytest("--jitgate-base", "HEAD~1", "-k", "slower_than_the_bases", budget_s=2)
    assert found.returncode == 1
    assert "INVALID toy.net/short/eager" in found.stdout
    assert "The outputs of base and head differ: relative L2 error" in found.stdout


def test_a_base_that_imports_the_head_is_invalid(checkout: Checkout) -> None:
    """The benchmarks put the head's folder on the path themselves, before all others."""
    leak = f"import sys\nsys.meta_path = sys.meta_path[1:]\nsys.path.insert(0, {str(checkout.path / 'src')!r})\n"
    checkout.write("bench/models.py", leak + FACTORY)
    checkout.commit("Insist on the head")
    found = checkout.pytest("--jitgate-base", "HEAD~1", "-k", "slower_than_the_bases", budget_s=2)
    assert found.returncode == 1
    assert "INVALID toy.net/short/eager" in found.stdout
    assert "from the head" in found.stdout


def test_a_base_older_than_the_benchmarks_is_compared(checkout: Checkout) -> None:
    for name in ("bench/models.py", "bench/__init__.py"):
        checkout.git("rm", "-q", name)
    checkout.write("pyproject.toml", "")
    checkout.commit("As it was before")
    checkout.write("bench/__init__.py", "")
    checkout.write("bench/models.py", FACTORY)
    checkout.write("pyproject.toml", TABLE)
    checkout.commit("Measure it")
    found = checkout.pytest("--jitgate-base", "HEAD~1", "-k", "slower_than_the_bases", "--jitgate-verbose", budget_s=6)
    assert "base HEAD~1 (" in found.stdout
    assert "New in head" not in found.stdout
