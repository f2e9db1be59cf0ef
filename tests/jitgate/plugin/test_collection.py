"""Which tests there are, and in which order."""

from __future__ import annotations

from tests.jitgate.plugin.conftest import Project


def ids(project: Project, *arguments: str) -> list[str]:
    done = project.pytest("--collect-only", "-q", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line.split("::")[-1] for line in done.stdout.splitlines() if "::" in line]


def test_tests_of_one_scenario_stand_together(project: Project) -> None:
    project.configure(["eager", "torchscript", "plain"])
    scenarios = [name.split("-")[1] for name in ids(project)]
    assert scenarios == sorted(scenarios, key=["short", "long"].index)
    assert len(scenarios) == 2 * (3 + 3 + 2 + 2 + 2 + 1)


def test_selection_is_pytests_own(project: Project) -> None:
    project.configure(["eager", "torchscript", "plain"])
    assert ids(project, "-k", "test_jit and long and plain") == [
        "test_jit_stays_faster_than_eager[my.encoder-long-plain]"
    ]


def test_a_nightly_scenario_is_marked(project: Project) -> None:
    project.configure(["eager", "plain"])
    settings = project.path / "pyproject.toml"
    settings.write_text(
        settings.read_text().replace(
            'scenarios = ["short", "long"]', 'scenarios = ["short", "long"]\nnightly = ["long"]'
        )
    )
    assert {name.split("-")[1] for name in ids(project, "-m", "nightly")} == {"long"}
    assert {name.split("-")[1] for name in ids(project, "-m", "not nightly")} == {"short"}


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
        "test_p95_stays_under_its_limit[my.encoder-long-eager]",
        "test_p95_stays_under_its_limit[my.encoder-long-torchscript]",
        "test_p99_stays_faster_than_eagers[my.encoder-long-torchscript]",
        "test_p99_stays_faster_than_eagers[my.encoder-short-torchscript]",
    ]
