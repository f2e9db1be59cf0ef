"""A repository as a user has one: src layout, benchmarks next to it, commits; jitgate is run in it by real workers."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.surroundings import inherited

ROOT = Path(__file__).parents[3]

MODEL = """
import torch

from toy.work import repeats


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.one = torch.nn.Linear(256, 256)

    def forward(self, x):
        y = self.one(x)
        for _ in range(repeats() - 1):
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


IGNORED = (
    *(".jitgate/", "__pycache__/", ".benchmarks/", ".locks/", ".pytest_cache/"),
    *("*.json", "*.so", "*.egg-info/", "build/"),
)


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

    def pytest(
        self,
        *arguments: str,
        budget_s: int = 20,
        timeout_s: float = 400,
        python: str = sys.executable,
        pythonpath: tuple[Path, ...] = (),
    ) -> subprocess.CompletedProcess[str]:
        own = {"JITGATE_LOCKS": str(self.path / ".locks"), "COLUMNS": "200"}
        path = os.pathsep.join(map(str, (*pythonpath, ROOT / "perf", ROOT)))
        environment = {**inherited(), **own, "PYTHONPATH": path}
        chosen = ["--jitgate-device", "cpu", "--jitgate-noisy-rounds", "include", "--jitgate-extras", "skip"]
        command = [python, "-m", "pytest", "-p", "no:randomly", "-p", "no:jitgate_cosyvoice", *chosen]
        command += ["--jitgate-budget", str(budget_s), "--pyargs", "jitgate.benchmarks", *arguments]
        return subprocess.run(
            command, cwd=self.path, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
        )

    def refused(self, *arguments: str) -> str:
        """What is said of options or a repository that can't be used: one sentence, and nothing is measured."""
        found = self.pytest(*arguments)
        said = found.stdout + found.stderr
        assert found.returncode == 4, said
        assert "Traceback" not in said
        return said


def three_commits(path: Path) -> Checkout:
    """Three commits; the last one does twice the work."""
    path.mkdir()
    found = Checkout(path)
    found.git("init", "-q", "-b", "main")
    found.write(".gitignore", "\n".join(IGNORED) + "\n")
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


def wheel(folder: Path, name: str, version: str) -> Path:
    """A wheel that holds nothing but its name and version."""
    path, info = folder / f"{name}-{version}-py3-none-any.whl", f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")
    return path
