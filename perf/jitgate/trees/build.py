"""Builds the package of a checkout, where the head's has compiled extensions."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from jitgate.model.source_tree import INSTALLED, STATE, SourceTree
from jitgate.trees.environment import run
from jitgate.trees.git import Repository

DONE = "built.txt"
"""Written last, so that half a build never counts."""

BUILT_BY = ("pyproject.toml", "setup.py")

ENVIRONMENTS = {".venv", "venv", "env", ".tox", ".nox", INSTALLED, STATE}


class BuildError(Exception):
    """The package could not be built, and what was said."""


def packages(repository: Repository) -> list[Path]:
    """Folders, from the root, of packages that have compiled extensions among the head's files; no commit has these:
    they are built in place, or by an editable install."""
    names = [Path(name) for name in (repository.answers("ls-files", "--others", "-z") or "").split("\0") if name]
    compiled = [name for name in names if name.name.endswith(tuple(EXTENSION_SUFFIXES))]
    found = [_package_of(repository.root, name) for name in compiled if not ENVIRONMENTS & set(name.parts)]
    return sorted(set(found))


def _package_of(root: Path, name: Path) -> Path:
    """The nearest folder above a file that is built by itself; the root where none is."""
    return next(
        (folder for folder in name.parents if any((root / folder / each).is_file() for each in BUILT_BY)), Path()
    )


def build(tree: SourceTree, folders: Sequence[Path]) -> Path:
    """The folder that the checkout's packages were built into, without what they depend on. Kept with the checkout.

    folders: from `packages`; one that the checkout does not have is older than it, and left out.
    """
    target = tree.root.with_name(f"{tree.root.name}-built")
    if (target / DONE).is_file() and (target / DONE).read_text(encoding="utf-8") == tree.commit and tree.commit:
        return target
    python = str(tree.python or sys.executable)
    command = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target", str(target)]
    places = [tree.root / folder for folder in folders]
    for place in (str(place) for place in places if any((place / each).is_file() for each in BUILT_BY)):
        first = run([*command, "--no-build-isolation", place])
        if first is not None and run([*command, place]) is not None:
            raise BuildError(first)
    target.mkdir(exist_ok=True)
    (target / DONE).write_text(tree.commit, encoding="utf-8")
    return target
