"""`--jitgate-base` in a repository as a user has one: src layout, commits, real workers."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.surroundings import inherited

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]

MODEL = """
import torch

from toy.work import repeats


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.one = torch.nn.Linear(256, 256)

    def forward(self, x):
        for _ in range(repeats()):
            y = self.one(x)
        return torch.relu(y)
"""

FACTORY = """
import jitgate
import torch

from toy.model import Net


def net():
    return jitgate.Workload(module=Net(), scenarios={"short": (torch.randn(64, 256),)}, threads=1)
"""

TABLE = """
[tool.jitgate.workloads."toy.net"]
factory = "bench.models:net"
scenarios = ["short"]
variants = ["eager"]

[[tool.jitgate.gates]]
workload = "*"
max_slowdown = "10%"
"""


@dataclass(frozen=True)
class Checkout:
    """A repository whose `toy` repeats its work."""

    path: Path

    def write(self, name: str, text: str) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def repeats(self, count: int) -> None:
        self.write("src/toy/work.py", f"def repeats():\n    return {count}\n")

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
        done = subprocess.run(["git", *who, *arguments], cwd=self.path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, subject: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def pytest(self, *arguments: str, budget_s: int = 20, timeout_s: float = 400) -> subprocess.CompletedProcess[str]:
        own = {"JITGATE_LOCKS": str(self.path / ".locks"), "COLUMNS": "200"}
        environment = {**inherited(), **own, "PYTHONPATH": os.pathsep.join([str(ROOT / "perf"), str(ROOT)])}
        chosen = ["--jitgate-device", "cpu", "--jitgate-noisy-rounds", "include", "--jitgate-extras", "skip"]
        command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-p", "no:jitgate_cosyvoice", *chosen]
        command += ["--jitgate-budget", str(budget_s), "--pyargs", "jitgate.benchmarks", *arguments]
        return subprocess.run(
            command, cwd=self.path, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Three commits; the last one does twice the work."""
    found = Checkout(tmp_path)
    found.git("init", "-q", "-b", "main")
    found.write(".gitignore", ".jitgate/\n__pycache__/\n.benchmarks/\n.locks/\n.pytest_cache/\n*.json\n")
    found.write("src/toy/__init__.py", "")
    found.write("src/toy/model.py", MODEL)
    found.write("bench/__init__.py", "")
    found.write("bench/models.py", FACTORY)
    found.write("pyproject.toml", TABLE)
    found.repeats(10)
    found.commit("Begin")
    found.write("README.md", "A toy.\n")
    found.commit("Say what it is")
    found.repeats(20)
    found.commit("Do it twice")
    return found


def test_a_slower_head_is_red_with_the_figure_and_confirmed(checkout: Checkout) -> None:
    found = checkout.pytest("--jitgate-base", "HEAD~1")
    assert found.returncode == 1, found.stdout
    base = checkout.git("rev-parse", "HEAD~1")[:10]
    assert f"since base HEAD~1 ({base})" in found.stdout
    assert "FAIL toy.net/short/eager max_slowdown.time=10%: A call takes +" in found.stdout
    assert "Confirmed in workers built and started again" in found.stdout


def test_equal_work_in_another_commit_is_no_slowdown(checkout: Checkout) -> None:
    checkout.repeats(10)
    checkout.commit("Do it once")
    found = checkout.pytest("--jitgate-base", "HEAD~2", "-k", "slower_than_the_bases")
    assert "FAIL toy.net" not in found.stdout
    assert "since base HEAD~2" in found.stdout


def test_one_commit_twice_is_invalid(checkout: Checkout) -> None:
    found = checkout.pytest("--jitgate-base", "main", "-k", "slower_than_the_bases", budget_s=2)
    assert found.returncode == 1
    assert "INVALID: Base and head can't be compared: both are commit" in found.stdout


def test_changes_that_are_not_committed_are_refused(checkout: Checkout) -> None:
    checkout.repeats(11)
    found = checkout.pytest("--jitgate-base", "HEAD~1")
    assert found.returncode == 4
    assert "changes that are not committed (src/toy/work.py)" in found.stdout + found.stderr
