"""Projects of strangers: pytest run in them with the built wheel, and with whatever other plugins are installed."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.surroundings import inherited

ROOT = Path(__file__).parents[2]

TABLE = """
[tool.jitgate]
memory_limit = "2GiB"

[tool.jitgate.workloads."my.mlp"]
factory = "mine.models:mlp"
scenarios = ["short", "long"]
variants = ["eager", "torchscript"]

[[tool.jitgate.gates]]
workload = "my.mlp"
variant = "torchscript"
min_speedup = 1.10
"""
"""A project with gates: two scenarios, two variants, one gate."""


@dataclass(frozen=True)
class Guest:
    """A folder, the wheel's files on the path, and the Python that runs there."""

    path: Path
    wheel: Path
    python: str = sys.executable

    def write(self, name: str, text: str = "") -> Path:
        """Write a file, its folders too."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def pytest(
        self, *arguments: str, folder: str = ".", env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """`python -m pytest` there: the current directory is on the path, before everything else."""
        own = {"PYTHONPATH": str(self.wheel), "COLUMNS": "200", "JITGATE_LOCKS": str(self.path / ".locks")}
        command = [self.python, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
        return subprocess.run(
            command,
            cwd=self.path / folder,
            env={**inherited(), **own, **(env or {})},
            capture_output=True,
            text=True,
            timeout=120,
        )

    def said(self, *arguments: str, folder: str = ".") -> tuple[int, str]:
        """Exit code and output, without what differs from run to run."""
        done = self.pytest("-p", "no:randomly", "-q", *arguments, folder=folder)
        return done.returncode, re.sub(r"in \d+\.\d+s", "in TIME", done.stdout + done.stderr)

    def refused(self, *arguments: str, folder: str = ".") -> str:
        """The sentence of a usage error."""
        done = self.pytest("-q", *arguments, folder=folder)
        said = done.stdout + done.stderr
        assert done.returncode == pytest.ExitCode.USAGE_ERROR, said
        assert "Traceback" not in said
        assert "INTERNALERROR" not in said
        return said

    def ids(self, *arguments: str, folder: str = ".") -> list[str]:
        """The names of the collected performance tests."""
        done = self.pytest(
            "--pyargs", "jitgate.benchmarks", "-p", "no:randomly", "--co", "-q", *arguments, folder=folder
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [line.partition("::")[2] for line in done.stdout.splitlines() if "::" in line]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    build = "import sys; from hatchling.build import build_wheel; print(build_wheel(sys.argv[1]))"
    built = subprocess.run(
        [sys.executable, "-c", build, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    target = folder / "site"
    install = ["install", "--quiet", "--no-deps", "--no-index", "--no-compile", "--target", str(target)]
    subprocess.run([sys.executable, "-m", "pip", *install, str(folder / built.stdout.split()[-1])], check=True)
    return target


@pytest.fixture
def guest(tmp_path: Path, wheel: Path) -> Guest:
    return Guest(tmp_path, wheel)


@pytest.fixture
def project(guest: Guest) -> Guest:
    """One with a `[tool.jitgate]` table."""
    guest.write("pyproject.toml", TABLE)
    return guest
