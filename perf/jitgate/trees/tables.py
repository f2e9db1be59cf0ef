"""`[tool.jitgate]` of another commit, also where its file lay elsewhere."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jitgate.trees.git import Repository


def table_of(text: str | None) -> Mapping[str, Any] | None:
    """`[tool.jitgate]` of a file's text; None where there is none that can be read."""
    try:
        tool = tomllib.loads(text or "").get("tool", {})
    except tomllib.TOMLDecodeError:
        return None
    found = tool.get("jitgate") if isinstance(tool, Mapping) else None
    return found if isinstance(found, Mapping) else None


def table_at(file: Path) -> Mapping[str, Any] | None:
    """The table of a file on the disk; None where there is no file, or none in it."""
    return table_of(file.read_text(encoding="utf-8", errors="replace")) if file.is_file() else None


def table_in(repository: Repository, commit: str, file: Path) -> Mapping[str, Any] | None:
    """The table in a commit; None where it has none. file: where the head has it: what has moved since is found by what
    it holds, where only one file can be meant."""
    found = table_of(repository.file(commit, file.relative_to(repository.root).as_posix()))
    if found is not None:
        return found
    names = (repository.answers("grep", "-l", "-F", "-e", "tool.jitgate", commit, "--", "*.toml") or "").splitlines()
    moved = []
    for name in (name.partition(":")[2] for name in names):
        still = table_at(repository.root / name)
        table = table_of(repository.file(commit, name)) if still is None else None
        moved += [] if table is None else [table]
    return moved[0] if len(moved) == 1 else None
