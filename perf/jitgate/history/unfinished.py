"""Rounds of a run that is not over: on disk while it goes on, so that a run which is killed loses seconds of them."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from jitgate.cache.ownership import OWNER, Ownership, unowned
from jitgate.history.rounds import save_rounds
from jitgate.model.measurement import Measurement

EVERY_S = 2.0
"""Between two times that a measurement is written: writing takes some milliseconds, between two rounds."""

MOST_KEPT = 5
"""Killed runs whose rounds stay; of older ones they go."""


class Unfinished:
    """The rounds of this run so far, in a folder of its own below `root`. Where nothing can be written, nothing is."""

    def __init__(self, root: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder = root / f"{datetime.now(UTC):%Y-%m-%d-%H%M%S}-{os.getpid()}"
        self._clock = clock
        self._owner: Ownership | None = None
        self._written_at: dict[tuple[str, str], float] = {}

    def keep(self, measurement: Measurement) -> None:
        """Write it, unless that was done a moment ago."""
        key, now = (measurement.workload, measurement.scenario), self._clock()
        if now - self._written_at.get(key, -EVERY_S) < EVERY_S:
            return
        self._written_at[key] = now
        with contextlib.suppress(OSError):
            if self._owner is None:
                self._folder.mkdir(parents=True, exist_ok=True)
                self._owner = Ownership(self._folder)
            save_rounds(self._folder, measurement)

    def close(self) -> None:
        """The run is over, and its rounds are where they belong."""
        if self._owner is not None:
            self._owner.end()
            self._owner = None
            shutil.rmtree(self._folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                self._folder.parent.rmdir()  # only where it is empty


def killed_runs(root: Path) -> list[Path]:
    """Folders of runs that were killed and that no run has named yet, the oldest first; from now on they are named.

    Only the last `MOST_KEPT` of all stay.
    """
    with contextlib.suppress(OSError):
        every = sorted(path for path in root.iterdir() if path.is_dir() and not path.is_symlink())
        ended = [path for path in every if unowned(path) or not (path / OWNER).exists()]
        found = [path for path in ended[-MOST_KEPT:] if unowned(path) and any(path.rglob("*.csv"))]
        for path in found:
            (path / OWNER).unlink(missing_ok=True)
        for path in ended[:-MOST_KEPT]:
            shutil.rmtree(path, ignore_errors=True)
        return found
    return []
