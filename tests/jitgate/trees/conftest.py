"""A repository of two commits."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from jitgate.trees.asked import Wish

TABLE = '[tool.jitgate.workloads."toy.net"]\nfactory = "bench.models:net"\n'


@dataclass(frozen=True)
class Project:
    """A repository in a folder."""

    path: Path

    def git(self, *arguments: str, folder: Path | None = None) -> str:
        who = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org", "-c", "protocol.file.allow=always"]
        command = ["git", *who, *arguments]
        done = subprocess.run(command, cwd=folder or self.path, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            (self.path / name.replace("__", "/")).with_suffix(".py").write_text(text, encoding="utf-8")
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "a commit")
        return self.git("rev-parse", "HEAD")

    def wish(self, base: str = "HEAD~1", **changes: Any) -> Wish:
        place = self.path / ".jitgate" / "trees"
        return replace(Wish(base, self.path / "pyproject.toml", self.path, place), **changes)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """`toy.py` of the head says 2, of the commit before it 1."""
    found = Project(tmp_path / "project")
    found.path.mkdir()
    found.git("init", "-q", "-b", "main")
    (found.path / ".gitignore").write_text(".jitgate/\n", encoding="utf-8")
    (found.path / "pyproject.toml").write_text(TABLE, encoding="utf-8")
    found.commit(toy="WHO = 1\n")
    found.commit(toy="WHO = 2\n")
    return found
