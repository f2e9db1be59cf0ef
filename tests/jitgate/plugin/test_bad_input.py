"""Bad input: one sentence on what, where and what to do; exit code 4; no traceback."""

from __future__ import annotations

import pytest

from tests.jitgate.plugin.conftest import Project


def refused(project: Project, *arguments: str) -> str:
    """Run, check the form of the refusal, and return it."""
    done = project.pytest(*arguments)
    said = done.stdout + done.stderr
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, said
    assert "Traceback" not in said
    assert "INTERNALERROR" not in said
    return said


@pytest.mark.parametrize(
    ("rest", "arguments", "said"),
    [
        ("", ("--jitgate-device", "tpu"), "--jitgate-device 'tpu' is not a device; use auto, cpu, cuda or cuda:N"),
        ("", ("--jitgate-config", "none.toml"), "none.toml: there is no such file"),
        ("", ("--jitgate-budget", "soon"), "'soon' is not a number of seconds above 0"),
        ("", ("--jitgate-budget", "-1"), "is not a number of seconds above 0"),
        ("", ("--jitgate-seed", "x"), "'x' is not a whole number from 0"),
        ("", ("--jitgate-cache", "pyproject.toml/cache"), "can't be written"),
        ("", ("-n", "2"), "can't be spread with -n"),
        ("\n[tool.jitgate.workloads.x]\nfactory = 'a:b'\nvariants = ['nope']\n", (), "there is no variant 'nope'"),
        ("\n[[tool.jitgate.gates]]\nworkload = 'other'\nmin_speedup = 1.1\n", (), "there is no workload 'other'"),
        ("\n[[tool.jitgate.gates]]\nscenario = '7s'\nmin_speedup = 1.1\n", (), "there is no scenario '7s'"),
        ("\n[[tool.jitgate.gates]]\nmax_memory = '4 parsecs'\n", (), "'4 parsecs' is not a size"),
        ("\n[tool.jitgate\n", (), "pyproject.toml"),
    ],
)
def test_refused_before_anything_is_measured(
    project: Project, rest: str, arguments: tuple[str, ...], said: str
) -> None:
    project.configure(["eager", "plain"], rest)
    assert said in refused(project, *arguments)


def test_cuda_asked_for_and_absent(project: Project) -> None:
    from jitgate.device.device import torch_built_for_cuda, visible_cards

    if torch_built_for_cuda() and visible_cards():
        arguments = ("--jitgate-device", "cuda:999")
    else:
        arguments = ("--jitgate-device", "cuda")
    project.configure(["eager"])
    assert "--jitgate-device cuda" in refused(project, *arguments)


@pytest.mark.parametrize(
    ("factory", "said"),
    [
        ("mypackage.nowhere:encoder", "can't be imported (ModuleNotFoundError: No module named 'mypackage.nowhere')"),
        ("mypackage.perf:nowhere", "mypackage.perf has no callable 'nowhere'"),
        ("mypackage.perf:not_a_workload", "returned str; it must return a jitgate.Workload"),
    ],
)
def test_a_factory_that_can_not_be_used(project: Project, factory: str, said: str) -> None:
    project.configure(["eager", "plain"])
    settings = project.path / "pyproject.toml"
    text = settings.read_text().replace('scenarios = ["short", "long"]\n', "")
    settings.write_text(text.replace("mypackage.perf:encoder", factory))
    found = refused(project, "--collect-only")
    assert said in found
    assert 'pyproject.toml, [tool.jitgate.workloads."my.encoder"]' in found


def test_a_scenario_that_the_factory_does_not_have_keeps_what_was_measured(project: Project) -> None:
    project.configure(["eager", "plain"])
    settings = project.path / "pyproject.toml"
    settings.write_text(
        settings.read_text().replace('scenarios = ["short", "long"]', 'scenarios = ["short", "endless"]')
    )
    said = refused(project, "--jitgate-budget", "2")
    assert "has no scenario 'endless'; its factory gives short, long" in said
