"""A factory that fails stops the tests of its own workload, and says where."""

from __future__ import annotations

import pytest

from tests.jitgate.plugin.conftest import Project
from tests.jitgate.plugin.test_collection import cell_of, ids

MODELS = """
import os

import jitgate


def helper(settings):
    return settings["hidden"]


def good():
    import torch

    return jitgate.Workload(torch.nn.Linear(8, 8).eval(), {"s": (torch.randn(1, 8),)})


def bad():
    helper({})


def dead():
    os._exit(3)
"""

TABLE = """
[tool.jitgate]
[tool.jitgate.workloads."b.bad"]
factory = "mypackage.models:bad"
[tool.jitgate.workloads."c.dead"]
factory = "mypackage.models:dead"
[tool.jitgate.workloads."a.good"]
factory = "mypackage.models:good"
variants = ["eager", "gone"]
[tool.jitgate.variants."gone"]
factory = "mypackage.nowhere:gone"
[[tool.jitgate.gates]]
workload = "b.bad"
scenario = "tall"
max_memory = "1GiB"
"""


@pytest.fixture
def broken(project: Project) -> Project:
    (project.path / "mypackage" / "models.py").write_text(MODELS)
    (project.path / "pyproject.toml").write_text(TABLE)
    return project


@pytest.mark.parametrize("selection", [("-k", "a.good and agrees"), ("--jitgate-select", "a.good/*/eager")])
def test_factories_that_the_selection_leaves_out_are_not_asked(broken: Project, selection: tuple[str, str]) -> None:
    models = broken.path / "mypackage" / "models.py"
    models.write_text(models.read_text().replace("def bad():", "def bad():\n    open('asked', 'w').close()"))
    done = broken.pytest("--collect-only", "-q", *selection)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "jitgate: not selected, and not asked for scenarios: b.bad, c.dead" in done.stdout
    assert not (broken.path / "asked").exists()


def test_the_other_workloads_can_still_be_selected(broken: Project) -> None:
    assert {cell_of(name).id for name in ids(broken, "--jitgate-select", "a.good/*/eager")} == {"a.good/s/eager"}


def test_the_other_workloads_are_collected_and_what_fails_is_said(broken: Project) -> None:
    done = broken.pytest("--collect-only", "-q")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "test_eager_agrees_with_itself[a.good/s/eager]" in done.stdout
    for factory in ("mypackage.models:bad", "mypackage.models:dead"):
        said = [line for line in done.stdout.splitlines() if line.startswith("can't be measured: ")]
        assert any(f"factory '{factory}' " in line for line in said), done.stdout


LISTED = """
[tool.jitgate.workloads."d.late"]
factory = "mypackage.models:bad"
scenarios = ["s"]
"""


@pytest.mark.slow
@pytest.mark.parametrize(("table", "other"), [(TABLE, "b.bad/unknown"), (TABLE + LISTED, "d.late/s")])
def test_the_other_workloads_are_measured_and_its_own_tests_are_red(broken: Project, table: str, other: str) -> None:
    (broken.path / "pyproject.toml").write_text(table)
    chosen = ("--jitgate-select", "a.good/*/eager", "--jitgate-select", f"{other}/eager", "-k", "growth or grow")
    done = broken.pytest("--jitgate-smoke", "-q", "-rA", *chosen)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    assert "factory 'mypackage.models:bad' failed (KeyError: 'hidden') at mypackage/models.py:18 in bad" in done.stdout
    assert f"test_memory_does_not_grow_with_the_calls[{other}/eager]" in done.stdout
    assert "a.good s on cpu" in done.stdout, "it was measured"


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (
            "b.bad",
            "factory 'mypackage.models:bad' failed (KeyError: 'hidden') at mypackage/models.py:18 in bad, mypackage",
        ),
        ("c.dead", "factory 'mypackage.models:dead' "),
        ("gone", "factory 'mypackage.nowhere:gone' can't be imported (ModuleNotFoundError"),
    ],
)
def test_what_is_selected_and_fails_is_bad_input(broken: Project, chosen: str, said: str) -> None:
    done = broken.pytest("--collect-only", "-q", "-k", chosen)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
