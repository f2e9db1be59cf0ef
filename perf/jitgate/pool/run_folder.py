"""The temporary folder of a run, and those that runs which were killed have left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

import filelock

PREFIX = "jitgate-run-"
OWNER = "owner.lock"
"""Locked for as long as the run's process lives: the system releases it, however the process ends."""

YOUNG_S = 60.0
"""A folder this young may not have its lock yet."""


class RunFolder:
    """A new folder among the temporary files; those of dead runs of this user are removed first."""

    def __init__(self) -> None:
        sweep(Path(tempfile.gettempdir()))
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
        self._lock = filelock.FileLock(self.path / OWNER)
        with contextlib.suppress(OSError, NotImplementedError, filelock.Timeout):  # unlocked, it is swept by no run
            self._lock.acquire(timeout=0)

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self._folder.name)

    def cleanup(self) -> None:
        """Remove it with all that is in it."""
        self._lock.release()
        self._folder.cleanup()


def sweep(temporary: Path) -> None:
    """Remove the folders of runs whose process has ended; one that can't be looked at stays."""
    with contextlib.suppress(OSError):
        for folder in temporary.glob(f"{PREFIX}*"):
            if _abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _abandoned(folder: Path) -> bool:
    try:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or time.time() - found.st_mtime < YOUNG_S:
            return False
        if hasattr(os, "getuid") and found.st_uid != os.getuid():
            return False
        if not (folder / OWNER).exists():
            return False
        with filelock.FileLock(folder / OWNER).acquire(timeout=0):
            return True
    except (OSError, NotImplementedError, filelock.Timeout):
        return False
