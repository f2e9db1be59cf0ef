"""Scenarios that an earlier run was told: no process is started for them, and a wrong one is found."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.jitgate.plugin.conftest import Project

MODELS = """
import os
from pathlib import Path

import jitgate


def small():
    import torch

    Path(".asked").write_text("")
    scenarios = {"short": (torch.randn(1, 8),)}
    if os.access(".flag", os.F_OK):  # which no audit event tells
        scenarios["long"] = (torch.randn(2, 8),)
    return jitgate.Workload(torch.nn.Linear(8, 8).eval(), scenarios)


def own(module, example):
    return lambda x: module(x)
"""

TABLE = """
[tool.jitgate]
[tool.jitgate.workloads."my.small"]
factory = "mypackage.models:small"
variants = ["eager"]
[tool.jitgate.variants."own"]
factory = "mypackage.models:own"
"""

GATE = """
[[tool.jitgate.gates]]
workload = "my.small"
scenario = "long"
max_memory = "1GiB"
"""


@pytest.fixture
def remembered(project: Project) -> Project:
    (project.path / "mypackage" / "models.py").write_text(MODELS)
    (project.path / "pyproject.toml").write_text(TABLE)
    assert asked(project)[0], "nothing is remembered yet"
    return project


def asked(project: Project, *arguments: str) -> tuple[bool, subprocess.CompletedProcess[str]]:
    """Whether the factory was called, and the run."""
    mark: Path = project.path / ".asked"
    mark.unlink(missing_ok=True)
    done = project.pytest(*(arguments or ("--collect-only", "-q")))
    return mark.exists(), done


def test_a_factory_is_asked_once_and_again_when_its_source_changes(remembered: Project) -> None:
    again, done = asked(remembered)
    assert not again
    assert "[my.small/short/eager]" in done.stdout
    models = remembered.path / "mypackage" / "models.py"
    models.write_text(models.read_text().replace('"short"', '"wide"'))
    again, done = asked(remembered)
    assert again
    assert "[my.small/wide/eager]" in done.stdout
    assert "short" not in done.stdout


def test_a_workload_that_the_selection_leaves_out_is_known_all_the_same(remembered: Project) -> None:
    other = '[tool.jitgate.workloads."an.other"]\nfactory = "mypackage.models:small"\nscenarios = ["short"]\n'
    (remembered.path / "pyproject.toml").write_text(f"{TABLE}{other}")
    again, done = asked(remembered, "--collect-only", "-q", "--jitgate-select", "an.other")
    assert not again
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not asked" not in done.stdout


def test_a_scenario_that_was_not_remembered_is_an_error_at_open_and_asked_for_then(remembered: Project) -> None:
    (remembered.path / ".flag").write_text("")
    _, done = asked(remembered, "--jitgate-smoke", "-q")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    said = "factory 'mypackage.models:small' gave the scenarios short in an earlier run and gives short, long now"
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    again, done = asked(remembered)
    assert again
    assert "[my.small/long/eager]" in done.stdout


@pytest.mark.parametrize("arguments", [(), ("--jitgate-select", "*/long"), ("-k", "long")])
def test_what_is_asked_for_and_not_remembered_is_not_refused_for_ever(
    remembered: Project, arguments: tuple[str, ...]
) -> None:
    (remembered.path / ".flag").write_text("")
    if not arguments:  # a gate: the factory is asked before the gate is called wrong
        (remembered.path / "pyproject.toml").write_text(TABLE + GATE)
    else:
        asked(remembered, "--collect-only", "-q", *arguments)
    again, done = asked(remembered, "--collect-only", "-q", *arguments)
    assert again
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[my.small/long/eager]" in done.stdout
