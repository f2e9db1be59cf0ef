"""The temporary folder of a run, and those that runs which were killed have left behind."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path

from jitgate.cache.ownership import Ownership, abandoned
from jitgate.model.errors import UsageError
from jitgate.model.file_problem import file_problem

PREFIX = "jitgate-run-"


class RunFolder:
    """A new folder among the temporary files; those of dead runs of this user are removed first.

    UsageError where there can be none.
    """

    def __init__(self) -> None:
        sweep(Path(tempfile.gettempdir()))
        try:
            self._folder = tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True)
        except OSError as error:
            raise UsageError(
                f"no temporary folder can be made in {tempfile.gettempdir()}: {file_problem(error)}; make room there, "
                "or name another place in TMPDIR"
            ) from None
        self._owner = Ownership(self.path)

    @property
    def path(self) -> Path:
        """Where it is."""
        return Path(self._folder.name)

    def cleanup(self) -> None:
        """Remove it with all that is in it."""
        self._owner.end()
        self._folder.cleanup()


def sweep(temporary: Path) -> None:
    """Remove the folders of runs whose process has ended; one that can't be looked at stays."""
    with contextlib.suppress(OSError):
        for folder in temporary.glob(f"{PREFIX}*"):
            if abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
