"""Sessions with models whose eager does more than give an output of its inputs: through real workers and a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jitgate
import pytest
import torch

from tests.jitgate.plugin.conftest import Project


class Layer(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(64, 64)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.layer(x)
        return answer


class Dropping(Layer):
    """Draws random numbers in every call."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.dropout(self.layer(x), 0.5, True)


class Training(torch.nn.Module):
    """Keeps a running mean, as a batch norm in training mode does, and computes its weight in every call."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(64, 64))
        self.register_buffer("mean", torch.zeros(64))
        self.mean: torch.Tensor

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.layer(x)
        self.mean.mul_(0.9).add_(y.mean(dim=0), alpha=0.1)
        return y


class Calling(Layer):
    """Does work around its forward that no output shows."""

    def __call__(self, x: torch.Tensor) -> Any:
        self.largest = float((x @ x.T).max())
        return super().__call__(x)


def made() -> jitgate.Workload:
    return jitgate.Workload(Layer(), {"s": lambda: (torch.randn(32, 64),)}, threads=1)


def drawing() -> jitgate.Workload:
    return jitgate.Workload(Dropping(), {"s": (torch.randn(32, 64),)}, threads=1, seed=3)


def training() -> jitgate.Workload:
    return jitgate.Workload(Training(), {"s": (torch.randn(32, 64),)}, threads=1, reset=int)


def calling() -> jitgate.Workload:
    return jitgate.Workload(Calling(), {"s": (torch.randn(32, 64),)}, threads=1)


def mine(module: torch.nn.Module, example: tuple[torch.Tensor, ...]) -> Any:
    return torch.jit.freeze(torch.jit.script(module))


HERE = "tests.jitgate.plugin.test_eager_sessions"
WORKLOADS = ("made", "drawing", "training")
VARIANTS = {**dict.fromkeys((*WORKLOADS, "calling"), "torchscript+trace"), "calling_by_mine": "mine"}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """What it said, and each workload's variant of a file."""
    project = Project(tmp_path_factory.mktemp("eager"))
    (project.path / "pyproject.toml").write_text(
        '[tool.jitgate]\nmemory_limit = "4GiB"\n'
        + "".join(
            f'[tool.jitgate.workloads.{name}]\nfactory = "{HERE}:{name.removesuffix("_by_mine")}"\n'
            f'scenarios = ["s"]\nvariants = ["eager", "{variant}"]\n'
            for name, variant in VARIANTS.items()
        )
        + f'[tool.jitgate.variants.mine]\nfactory = "{HERE}:mine"\n'
        + '[[tool.jitgate.gates]]\nvariant = "*"\nmin_speedup = 0.001\n'
    )
    done = project.pytest("-k", "jit", "--benchmark-json", "out.json", "--jitgate-budget", "5", timeout_s=900)
    entries = json.loads(Path(project.path / "out.json").read_text())["benchmarks"]
    found = [entry["extra_info"]["jitgate"] for entry in entries]
    return " ".join(done.stdout.split()), {each["workload"]: each for each in found}


@pytest.mark.slow
@pytest.mark.parametrize("name", WORKLOADS)
def test_a_file_that_does_the_same_is_not_accused(session: tuple[str, dict[str, Any]], name: str) -> None:
    found = session[1][name]
    assert found["gates"][0]["verdict"] == "PASS", (found, session[0])
    assert found["timed_outputs"]["compared"] >= 3
    assert found["timed_outputs"]["problem"] == ""


@pytest.mark.slow
def test_what_outputs_do_not_show_is_said(session: tuple[str, dict[str, Any]]) -> None:
    assert "Eager changes mean in every call" in session[0]
    assert "Eager computes layer.weight in every call (parametrised weights)" in session[0]
    assert "Workload(reset=...) can't reach a model in a file (torchscript+trace)" in session[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["calling", "calling_by_mine"])
def test_work_around_forward_that_torchscript_does_not_do_is_invalid(
    session: tuple[str, dict[str, Any]], name: str
) -> None:
    gate = session[1][name]["gates"][0]
    assert gate["verdict"] == "INVALID"
    assert "test_eager_sessions.Calling.__call__ around forward() in every call" in gate["reason"]
