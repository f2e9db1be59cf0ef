"""The folder in which jitgate keeps what it knows of a project."""

from __future__ import annotations

import contextlib
from pathlib import Path

from jitgate.model.source_tree import STATE


def keep_out_of_git(folder: Path) -> None:
    """Write a `.gitignore` into it where there is none, as pytest does for its cache; not into others."""
    if folder.name == STATE:
        with contextlib.suppress(OSError), (folder / ".gitignore").open("x", encoding="utf-8") as file:
            file.write("# Made by jitgate.\n*\n")
