"""Builds the package of a checkout, where the head's has compiled extensions."""

from __future__ import annotations

import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from jitgate.model.source_tree import INSTALLED, STATE, SourceTree
from jitgate.trees.environment import run
from jitgate.trees.git import Repository

DONE = "built.txt"
"""Written last, so that half a build never counts."""

ENVIRONMENTS = {".venv", "venv", "env", ".tox", ".nox", INSTALLED, STATE}


class BuildError(Exception):
    """The package could not be built; the last line of what was said."""


def needs_build(repository: Repository) -> bool:
    """Whether the head has compiled extensions among its files, which no commit has: built in place, or by an editable
    install."""
    names = (repository.answers("ls-files", "--others", "-z") or "").split("\0")
    return any(
        name.endswith(tuple(EXTENSION_SUFFIXES)) and not ENVIRONMENTS & set(Path(name).parts) for name in names if name
    )


def build(tree: SourceTree) -> Path:
    """The folder that the checkout's package was built into, without what it depends on. Kept with the checkout."""
    target = tree.root.with_name(f"{tree.root.name}-built")
    if (target / DONE).is_file() and (target / DONE).read_text(encoding="utf-8") == tree.commit and tree.commit:
        return target
    python = str(tree.python or sys.executable)
    command = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target", str(target)]
    first = run([*command, "--no-build-isolation", str(tree.root)])
    if first is not None and run([*command, str(tree.root)]) is not None:
        raise BuildError(first)
    (target / DONE).write_text(tree.commit, encoding="utf-8")
    return target
