"""Whether a directory that was named as the base holds the very files of the head."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Collection, Iterator
from pathlib import Path

LEFT_OUT = (".jitgate", ".git", ".venv", "venv", ".tox", ".nox", "node_modules", "__pycache__", "*.egg-info")
"""What a copy of a directory does not need: environments, caches, and what jitgate itself keeps."""


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
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        yield from (Path(folder, name).relative_to(root) for name in names)


def _same(one: Path, other: Path) -> bool:
    try:
        return filecmp.cmp(one, other, shallow=False)
    except OSError:
        return False
