"""Whose a folder is: that of a process which still runs, or one that was left behind."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from pathlib import Path

import filelock

OWNER = "owner.lock"
"""Locked for as long as its process lives: the system releases it, however the process ends."""

YOUNG_S = 60.0
"""A folder this young may not have its lock yet."""


class Ownership:
    """This process's claim on a folder that exists; where nothing can be locked there, nobody sweeps it either."""

    def __init__(self, folder: Path) -> None:
        self._lock = filelock.FileLock(folder / OWNER)
        with contextlib.suppress(OSError, NotImplementedError, filelock.Timeout):
            self._lock.acquire(timeout=0)

    def end(self) -> None:
        """Give it up."""
        self._lock.release()


def abandoned(folder: Path) -> bool:
    """Whether a process of this user has left it behind; False for what can't be looked at."""
    try:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or time.time() - found.st_mtime < YOUNG_S:
            return False
        return unowned(folder) and (not hasattr(os, "getuid") or found.st_uid == os.getuid())
    except OSError:
        return False


def unowned(folder: Path) -> bool:
    """Whether a process has owned it, and none does now."""
    try:
        if not stat.S_ISREG((folder / OWNER).lstat().st_mode):
            return False
        with filelock.FileLock(folder / OWNER).acquire(timeout=0):
            return True
    except (OSError, NotImplementedError, filelock.Timeout):
        return False
