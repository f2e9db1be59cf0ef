"""The raw rounds of a session below `.jitgate`: while they are made, and whole once a workload's workers have ended."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.history.rounds import rounds_path, save_rounds
from jitgate.history.unfinished import Unfinished, killed_runs
from jitgate.plugin.losses import Losses

if TYPE_CHECKING:
    from jitgate.model.cell import Cell
    from jitgate.model.measurement import Measurement


class RoundsOnDisk:
    """folder: `.jitgate` of the root. Where whole rounds can't be saved, those of the running session stay."""

    def __init__(self, folder: Path, losses: Losses) -> None:
        self._folder = folder
        self._losses = losses
        self._lost = 0
        self._unfinished = Unfinished(folder / "unfinished")

    def killed(self) -> list[Path]:
        """Folders with rounds of runs that were killed, each named once."""
        return killed_runs(self._folder / "unfinished")

    def forget(self, cells: Iterable[Cell]) -> None:
        """What an earlier run left of them would be taken for this run's."""
        for cell in cells:
            with contextlib.suppress(OSError):
                rounds_path(self._folder / "rounds", cell).unlink()

    def keep(self, measurement: Measurement) -> None:
        """Between two rounds."""
        self._unfinished.keep(measurement)

    def save(self, measurement: Measurement) -> None:
        """No more rounds are made of it."""
        before = len(self._losses.sentences)
        with self._losses.noted(f"the rounds of {measurement.workload} {measurement.scenario}"):
            save_rounds(self._folder / "rounds", measurement)
        self._lost += len(self._losses.sentences) - before

    def end(self) -> None:
        """The session is over."""
        if not self._lost:
            self._unfinished.close()
