"""A project with a history: its runs are of numbers, its commits are real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.jitgate.plugin.conftest import Project

CONFTEST = """
from jitgate.plugin import measuring
from tests.jitgate.history.made_session import Made

measuring.make_measurements = Made
"""

TABLE = """
[tool.jitgate]
{settings}

[tool.jitgate.workloads."my.encoder"]
factory = "mypackage.perf:encoder"
scenarios = {scenarios}
variants = {variants}

[tool.jitgate.variants."jit"]
factory = "mypackage.perf:plain"

[tool.jitgate.variants."other"]
factory = "mypackage.perf:plain"

[[tool.jitgate.gates]]
workload = "my.encoder"
{gate}
"""

QUIET = [0.0, 0.002, -0.001, 0.001, -0.002, 0.0015, 0.0005, -0.0015]
"""How runs scatter, relative."""


class Sessions(Project):
    """Runs pytest in its folder."""

    def table(
        self,
        settings: str = "",
        scenarios: tuple[str, ...] = ("short",),
        variants: tuple[str, ...] = ("eager", "jit"),
        gate: str = 'max_regression = "3%"',
        rest: str = "",
    ) -> None:
        text = TABLE.format(settings=settings, scenarios=list(scenarios), variants=list(variants), gate=gate)
        (self.path / "pyproject.toml").write_text(text + rest)
        (self.path / "conftest.py").write_text(CONFTEST)

    def measure(self, *arguments: str, scenarios: tuple[str, ...] = ("short",), **figures: Any) -> Any:
        """One session; figures as `made_session` has them. jit_ms scatters as `QUIET` says unless it is given."""
        number = len(list(self.path.glob("run-*")))
        (self.path / f"run-{number}").touch()
        scatter = 1 + QUIET[number % len(QUIET)]
        known = {"jit_ms": 5.0 * scatter, "eager_ms": 10.0 * scatter, "seed": number, **figures}
        (self.path / "figures.json").write_text(json.dumps(dict.fromkeys(scenarios, known)))
        return self.pytest(*arguments)

    def history(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run([sys.executable, "-m", "jitgate", "history", *arguments], self.environment)

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=A Person", "-c", "user.email=a@example.org"]
        environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
        done = subprocess.run(
            ["git", *who, *arguments], cwd=self.path, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, text: str) -> str:
        """Everything that is no output of a run."""
        (self.path / ".gitignore").write_text(".*\n!.gitignore\nrun-*\nfigures.json\n__pycache__\nchange.txt.tmp\n")
        (self.path / "change.txt").write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", text)
        return self.git("rev-parse", "HEAD")


def project_in(folder: Path) -> Sessions:
    made = Sessions(folder)
    made.table()
    return made
