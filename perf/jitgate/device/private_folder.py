"""Folders in which nobody else may put anything: owner, mode and links, before what lies there is believed."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection
from pathlib import Path

GROUP_AND_OTHERS = stat.S_IWGRP | stat.S_IWOTH

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)  # Windows: making a link there takes a right that other users don't have


def why_not_private(folder: Path, writable: int = GROUP_AND_OTHERS, owners: Collection[int] = ()) -> str | None:
    """A clause that says why others could have put something into `folder`; None where they could not.

    writable: bits of the mode that must not be set. owners: users besides this one who may own it. On Windows, only
    links are refused: a user's profile, where these folders lie, is closed to others by its access list. OSError where
    it can't be looked at.
    """
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or _leads_away(found):
        return "it is a link, or no folder"
    if not hasattr(os, "geteuid"):
        return None
    if found.st_uid not in {os.geteuid(), *owners}:
        return f"it belongs to another user ({found.st_uid})"
    if found.st_mode & writable:
        return f"others may write in it (mode {stat.S_IMODE(found.st_mode):o})"
    above = folder.resolve().parent.stat().st_mode
    if above & stat.S_IWOTH and not above & stat.S_ISVTX:
        return f"others may put another folder in its place (mode {stat.S_IMODE(above):o} of {folder.parent})"
    return None


def why_not_plain(path: Path, longest_bytes: int | None = None) -> str | None:
    """A clause that says why `path` is not read: a link, a pipe, a device, or too long; None for a plain file.

    OSError where it can't be looked at.
    """
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode) or _leads_away(found):
        return "it is no plain file"
    if longest_bytes is not None and found.st_size > longest_bytes:
        return f"it is longer than {longest_bytes} bytes"
    return None


def _leads_away(found: os.stat_result) -> bool:
    """Windows: junctions and other links have a tag."""
    return bool(getattr(found, "st_reparse_tag", False))


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, through no link. OSError where it can't be written."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NO_LINKS | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
        file.write(content)
