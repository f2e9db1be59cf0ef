"""The temporary folder of a run, and those that runs which were killed have left behind."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path

from jitgate.cache.ownership import Ownership, abandoned
from jitgate.model.errors import UsageError
from jitgate.model.file_problem import file_problem, full_place

PREFIX = "jitgate-run-"


class RunFolder:
    """A new folder among the temporary files; those of dead runs of this user are removed first.

    UsageError where there can be none, or where it has no room.
    """

    def __init__(self) -> None:
        where = ""
        try:
            where = tempfile.gettempdir()
            sweep(Path(where))
            self._folder = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
        except OSError as error:
            raise _refusal(
                f"no temporary folder can be made{f' in {where}' if where else ''}: {file_problem(error)}"
            ) from None
        full = full_place([self.path])
        if full:
            self._folder.cleanup()
            raise _refusal(f"no temporary folder can be used in {where}: {full}")
        self._owner = Ownership(self.path)

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self._folder.name)

    def cleanup(self) -> None:
        """Remove it with all that is in it."""
        self._owner.end()
        self._folder.cleanup()


def _refusal(why: str) -> UsageError:
    return UsageError(f"{why}; make room there, or name another place in TMPDIR")


def sweep(temporary: Path) -> None:
    """Remove the folders of runs whose process has ended; one that can't be looked at stays."""
    with contextlib.suppress(OSError):
        for folder in temporary.glob(f"{PREFIX}*"):
            if abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
