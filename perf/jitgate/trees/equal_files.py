"""Whether a directory that was named as the base holds the very files of the head."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Collection, Iterator
from pathlib import Path

from jitgate.model.source_tree import STATE

left_out = shutil.ignore_patterns(
    *(STATE, ".git", ".venv", "venv", ".tox", ".nox", "node_modules", "__pycache__", "*.egg-info")
)
"""(folder, names) -> those that a copy of a directory does not need: environments, caches, what jitgate keeps."""


def walked(root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """As `os.walk`, without what is left out."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - left_out(folder, folders))
        yield Path(folder), folders, names


def equal_files(head: Path, base: Path, kept: Collection[Path]) -> bool:
    """Whether every file that counts is in both with the same bytes: Python's, and those of the head that git keeps.

    kept: these; where there are none, every file of the base counts.
    """
    here, there = (_files(root) for root in (head, base))
    counted = {path.relative_to(head) for path in kept if path.is_file()}
    counted |= {path for path in here if path.suffix == ".py"}
    counted |= {path for path in there if path.suffix == ".py" or not kept}
    return all(_same(head / path, base / path) for path in counted)


def _files(root: Path) -> Iterator[Path]:
    """Relative to `root`."""
    return (Path(folder, name).relative_to(root) for folder, _, names in walked(root) for name in names)


def _same(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False
