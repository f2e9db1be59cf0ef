"""Which commit a run is of, as git tells."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from jitgate.trees.git import GitError, git

WAIT_S = 10
"""For one answer of git."""

MOST_COMMITS = 5000
"""Ancestors that are looked at."""


@dataclass(frozen=True)
class Commit:
    """id, parent, branch: "" where there is no repository. dirty: whether a tracked file differs from the
    commit, or that is not known."""

    folder: Path
    id: str = ""
    parent: str = ""
    branch: str = ""
    dirty: bool = False

    @cached_property
    def ancestors(self) -> frozenset[str] | None:
        """The commit and those before it; None where that is not known, as in a shallow clone."""
        if not self.id or _git(self.folder, "rev-parse", "--is-shallow-repository") != "false":
            return None
        found = _git(self.folder, "rev-list", f"--max-count={MOST_COMMITS}", "HEAD")
        return None if found is None else frozenset(found.split())

    @property
    def author(self) -> str:
        """Who works here, `Name <address>`; "" where git does not know."""
        name, address = (_git(self.folder, "config", key) for key in ("user.name", "user.email"))
        return f"{name} <{address}>" if name and address else name or ""


def commit_of(folder: Path) -> Commit:
    """The commit that is checked out in `folder`."""
    heads = _git(folder, "rev-list", "--parents", "--max-count=1", "HEAD")
    if heads is None:
        # A repository that git does not answer for, or no git: what is measured may be anything.
        there = any((each / ".git").exists() for each in (folder, *folder.parents))
        return Commit(folder, dirty=there and _git(folder, "rev-parse", "--git-dir") is None)
    this, *parents = heads.split()
    branch = _git(folder, "symbolic-ref", "--short", "--quiet", "HEAD") or os.environ.get("GITHUB_HEAD_REF") or ""
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return Commit(
        folder, this, parents[0] if parents else "", branch or os.environ.get("GITHUB_REF_NAME", ""), changed != ""
    )


def commits_between(folder: Path, good: str, bad: str) -> list[str] | None:
    """`SHORT SUBJECT` of each commit after `good` up to `bad`, the newest first; None where git does not know them."""
    found = _git(folder, "log", "--format=%h %s", f"{good}..{bad}")
    return None if found is None else found.splitlines()


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        return git(folder, *arguments, wait_s=WAIT_S).strip()
    except GitError:
        return None
