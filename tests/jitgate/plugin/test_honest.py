"""Every engine on models whose evidence is hard to come by: none is accused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.jitgate.plugin.conftest import Project
from tests.jitgate.plugin.honest_models import HONEST

CELLS = [(workload, variant) for workload, variants in HONEST.items() for variant in variants]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, Any]]:
    """(workload, variant) -> what the JSON says of it."""
    project = Project(tmp_path_factory.mktemp("honest"))
    models = "tests.jitgate.plugin.honest_models"
    (project.path / "pyproject.toml").write_text(
        '[tool.jitgate]\nmemory_limit = "4GiB"\n'
        + "".join(
            f'[tool.jitgate.workloads."{name}"]\nfactory = "{models}:{name}"\nscenarios = ["s"]\n'
            f"variants = {['eager', *variants]}\n"
            for name, variants in HONEST.items()
        )
        + '[[tool.jitgate.gates]]\nvariant = "*"\nmin_speedup = 0.001\n'
    )
    done = project.pytest("-k", "jit", "--benchmark-json", "out.json", "--jitgate-budget", "5", timeout_s=1500)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    entries = json.loads((project.path / "out.json").read_text())["benchmarks"]
    every = [entry["extra_info"]["jitgate"] for entry in entries]
    return {(each["workload"], each["variant"]): each for each in every}


@pytest.mark.slow
@pytest.mark.parametrize(("workload", "variant"), CELLS)
def test_an_honest_engine_is_not_accused(found: dict[Any, dict[str, Any]], workload: str, variant: str) -> None:
    cell = found[workload, variant]
    assert cell["timed_outputs"]["problem"] == ""
    assert "can be believed" not in cell["gates"][0]["reason"]


def test_there_are_twenty_of_them() -> None:
    assert len(CELLS) >= 20
