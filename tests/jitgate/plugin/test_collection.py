"""Which tests there are, and in which order."""

from __future__ import annotations

from pathlib import Path

import jitgate.benchmarks
import pytest
from jitgate.model.cell import Cell

from tests.jitgate.plugin.conftest import Project


def ids(project: Project, *arguments: str) -> list[str]:
    done = project.pytest("--collect-only", "-q", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.split("::")[-1] for line in done.stdout.splitlines() if "::" in line]


def cell_of(name: str) -> Cell:
    """The cell of `test_name[workload/scenario/variant]`."""
    return Cell.parse(name.partition("[")[2].rstrip("]"))


def test_tests_of_one_scenario_stand_together(project: Project) -> None:
    project.configure(["eager", "torchscript", "plain"])
    scenarios = [cell_of(name).scenario for name in ids(project)]
    assert scenarios == sorted(scenarios, key=["short", "long"].index)
    assert len(scenarios) == 2 * (3 + 3 + 2 + 2 + 2 + 1)


def test_selection_is_pytests_own(project: Project) -> None:
    project.configure(["eager", "torchscript", "plain"])
    assert ids(project, "-k", "test_jit and long and plain") == [
        "test_jit_stays_faster_than_eager[my.encoder/long/plain]"
    ]


def test_a_nightly_scenario_is_marked(project: Project) -> None:
    project.configure(["eager", "plain"])
    settings = project.path / "pyproject.toml"
    settings.write_text(
        settings.read_text().replace(
            'scenarios = ["short", "long"]', 'scenarios = ["short", "long"]\nnightly = ["long"]'
        )
    )
    assert {cell_of(name).scenario for name in ids(project, "-m", "nightly")} == {"long"}
    assert {cell_of(name).scenario for name in ids(project, "-m", "not nightly")} == {"short"}


def test_a_project_without_gates_is_left_alone(project: Project) -> None:
    (project.path / "pyproject.toml").write_text("")
    (project.path / "test_other.py").write_text(
        "def test_other(pytestconfig):\n    assert pytestconfig.option.benchmark_storage == 'file://./.benchmarks'\n"
    )
    done = project.pytest("test_other.py")
    assert done.returncode == 0, done.stdout


def test_slow_calls_are_tested_where_a_gate_limits_them(project: Project) -> None:
    project.configure(
        ["eager", "torchscript"],
        project.gate("*", "max_p95_ms = 50", scenario="long")
        + project.gate("torchscript", "min_speedup_p99 = 1.1")
        + project.gate("torchscript", 'max_p99_ms = 50\ndevice = "cuda"'),
    )
    assert sorted(name for name in ids(project) if name.startswith(("test_p95", "test_p99"))) == [
        "test_p95_stays_under_its_limit[my.encoder/long/eager]",
        "test_p95_stays_under_its_limit[my.encoder/long/torchscript]",
        "test_p99_stays_faster_than_eagers[my.encoder/long/torchscript]",
        "test_p99_stays_faster_than_eagers[my.encoder/short/torchscript]",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["my.encoder/short"], {"short/eager", "short/plain"}),
        (["*/*/plain"], {"short/plain", "long/plain"}),
        (["*/long/eager", "my.encoder/short/pl*"], {"long/eager", "short/plain"}),
    ],
)
def test_a_pattern_selects_cells_field_by_field(project: Project, arguments: list[str], expected: set[str]) -> None:
    project.configure(["eager", "plain"])
    (project.path / "test_own.py").write_text("def test_of_no_cell():\n    pass\n")
    select = [word for argument in arguments for word in ("--jitgate-select", argument)]
    found = ids(project, *select)
    assert {cell_of(name).id for name in found} == {f"my.encoder/{each}" for each in expected}
    assert ids(project, *select, "-k", "test_jit") == [name for name in found if name.startswith("test_jit")]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("other", "there is no workload 'other' (there are: my.encoder)"),
        ("my.encoder/7s/*", "there is no scenario '7s' (there are: long, short)"),
        ("my.encoder/short/jit", "there is no variant 'jit' (there are: eager, plain)"),
        ("my.encoder//eager", "is not WORKLOAD/SCENARIO/VARIANT"),
    ],
)
def test_a_pattern_that_matches_nothing_is_bad_input(project: Project, pattern: str, said: str) -> None:
    project.configure(["eager", "plain"])
    done = project.pytest("--collect-only", "-q", "--jitgate-select", "my.encoder/short", "--jitgate-select", pattern)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    assert f"--jitgate-select '{pattern}' " in done.stderr
    assert said in done.stderr


def test_a_node_id_of_the_command_line_is_found(project: Project) -> None:
    project.configure(["eager", "plain"])
    benchmarks = Path(jitgate.benchmarks.__file__).parent
    node = f"{benchmarks / 'test_speed.py'}::test_jit_stays_faster_than_eager[my.encoder/short/plain]"
    assert ids(project, node) == [node.split("::")[1]]
