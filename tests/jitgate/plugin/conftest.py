"""A user's project: a package with a tiny model, a pyproject.toml, and pytest run in it as a user would."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.jitgate.plugin.base_checkout import Checkout, three_commits
from tests.surroundings import inherited

ROOT = Path(__file__).parents[3]

PACKAGE = '''
"""A model and ways to run it, as a user would bring them along."""

import os
import signal
import sys

import jitgate


def encoder():
    import torch

    module = torch.nn.Sequential(torch.nn.Linear(256, 256), torch.nn.ReLU(), torch.nn.Linear(256, 256))
    scenarios = {"short": (torch.randn(16, 256),), "long": (torch.randn(64, 256),)}
    return jitgate.Workload(module=module, scenarios=scenarios, threads=1)


def not_a_workload():
    return "encoder"


def plain(module, example):
    import torch

    return torch.nn.Sequential(*module)  # a way of its own to run the same layers: eager itself would be INVALID


def wrong(module, example):
    return lambda x: module(x) * 1.01


def missing(module, example):
    raise jitgate.Unavailable("needs a flux capacitor; install one")


def dies(module, example):
    left = 60

    def call(x):
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        return module(x)

    return call
'''

HEAD = """
[tool.jitgate]
alpha = 0.01
memory_limit = "4GiB"

[tool.jitgate.workloads."my.encoder"]
factory = "mypackage.perf:encoder"
scenarios = ["short", "long"]
variants = {variants}

[tool.jitgate.variants."plain"]
factory = "mypackage.perf:plain"

[tool.jitgate.variants."wrong"]
factory = "mypackage.perf:wrong"

[tool.jitgate.variants."missing"]
factory = "mypackage.perf:missing"

[tool.jitgate.variants."dies"]
factory = "mypackage.perf:dies"
"""


@dataclass(frozen=True)
class Project:
    """A folder with a package and a configuration."""

    path: Path

    def configure(self, variants: list[str], rest: str = "") -> None:
        (self.path / "pyproject.toml").write_text(HEAD.format(variants=variants) + rest)

    def gate(self, variant: str, limit: str, scenario: str = "*") -> str:
        where = f'workload = "my.encoder"\nscenario = "{scenario}"\nvariant = "{variant}"'
        return f"\n[[tool.jitgate.gates]]\n{where}\n{limit}\n"

    @property
    def environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(self.path), str(ROOT / "perf"), str(ROOT)])
        # Locks of its own: the suite's sessions run side by side, and are not there to measure.
        own = {"JITGATE_LOCKS": str(self.path / ".locks"), "COLUMNS": "200"}
        return {**inherited(), **own, "PYTHONPATH": path}

    def command(self, *arguments: str) -> list[str]:
        paths = [] if any(".py" in argument for argument in arguments) else ["--pyargs", "jitgate.benchmarks"]
        # Tests run beside each other: every round of theirs is disturbed by other tests.
        chosen = ["--jitgate-device", "cpu", "--jitgate-noisy-rounds", "include", "--jitgate-extras", "skip"]
        # The benchmarks lie below this repository's conftest.py here, and a wheel's do not: its plugin stays out.
        without = ["-p", "no:randomly", "-p", "no:jitgate_cosyvoice"]
        return [sys.executable, "-m", "pytest", *without, *chosen, *paths, *arguments]

    def pytest(self, *arguments: str, timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
        return self.run(self.command(*arguments), self.environment, timeout_s)

    def run(
        self, command: list[str], environment: dict[str, str], timeout_s: float = 240
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=self.path, env=environment, capture_output=True, text=True, timeout=timeout_s
        )


@pytest.fixture
def project(tmp_path: Path) -> Project:
    package = tmp_path / "mypackage"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "perf.py").write_text(PACKAGE)
    return Project(tmp_path)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A repository of three commits; the last one does twice the work."""
    return three_commits(tmp_path / "project")
