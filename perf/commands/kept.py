"""What earlier goes of `python -m perf variants` found, kept line by line, so that a table can be made in several."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from perf.report.matrix import Fate, Outcome

FINAL = (Fate.RIGHT, Fate.OUT, Fate.OFF, Fate.REFUSED)
"""Fates that another try would only find again. What failed or was not done in time may fare better."""


@dataclass(frozen=True)
class Kept:
    """A file of outcomes, the later ones in place of the earlier.

    key: (workload, variant) -> what its outcome hangs on, see `lineage`; None for what must be tried every time. An
    outcome that was found under another key is as good as none.
    """

    path: Path
    key: Callable[[str, str], str | None]

    def outcomes(self) -> dict[tuple[str, str], Outcome]:
        """By cell, all that still hold."""
        if not self.path.exists():
            return {}
        every = [_read(line) for line in self.path.read_text(encoding="utf-8").splitlines()]
        latest = {outcome.cell: outcome for outcome in every if outcome is not None}
        return {cell: outcome for cell, outcome in latest.items() if outcome.key and outcome.key == self.key(*cell)}

    def final(self) -> dict[tuple[str, str], Outcome]:
        """By cell, those that need not be tried again."""
        return {cell: outcome for cell, outcome in self.outcomes().items() if outcome.fate in FINAL}

    def keep(self, outcome: Outcome) -> None:
        """Append it now: a run that is interrupted has kept what it found."""
        line = json.dumps(asdict(outcome) | {"key": self.key(*outcome.cell) or ""})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")


def _read(line: str) -> Outcome | None:
    """One line; None for one of an earlier version, or that was cut off."""
    try:
        said = json.loads(line)
        return Outcome(**{**said, "fate": Fate(said["fate"])})
    except (ValueError, KeyError, TypeError):
        return None
