"""What earlier goes of `jitgate variants` found, kept line by line, so that a table can be made in several."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jitgate.model.errors import UsageError

from studies.variant_matrix.table import Fate, Outcome

FINAL = (Fate.RIGHT, Fate.OUT, Fate.OFF, Fate.REFUSED)
"""Fates that another try would only find again. What failed or was not done in time may fare better."""

CELL = frozenset({"workload", "variant"})
"""Fields that every version of a finding has: a list without them is someone else's, and not to be overwritten."""


@dataclass(frozen=True)
class Kept:
    """A file of outcomes, the later ones in place of the earlier.

    key: (workload, variant) -> what its outcome hangs on, see `lineage`; None for what must be tried every time. An
    outcome that was found under another key is as good as none.
    published: what is known from elsewhere, see `published`; of two outcomes of a cell, the file's counts unless it is
    of an earlier day.
    """

    path: Path
    key: Callable[[str, str], str | None]
    published: tuple[Outcome, ...] = ()

    def outcomes(self) -> dict[tuple[str, str], Outcome]:
        """By cell, all that still hold."""
        known = self._holding(self.published)
        for cell, outcome in self._holding(self._lines()).items():
            if cell not in known or outcome.date >= known[cell].date:
                known[cell] = outcome
        return known

    def final(self) -> dict[tuple[str, str], Outcome]:
        """By cell, those that need not be tried again."""
        return {cell: outcome for cell, outcome in self.outcomes().items() if outcome.fate in FINAL}

    def keep(self, outcome: Outcome) -> None:
        """Append it now: a run that is interrupted has kept what it found."""
        line = json.dumps(asdict(outcome) | {"key": self.key(*outcome.cell) or ""})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def publish(self, path: Path) -> None:
        """Write all that still hold as one JSON list, in the order of cells: equal findings are equal bytes."""
        entries = [asdict(outcome) for _, outcome in sorted(self.outcomes().items())]
        draft = path.with_name(f"{path.name}.draft")
        draft.write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
        draft.replace(path)

    def _lines(self) -> list[Outcome]:
        if not self.path.exists():
            return []
        return _fitting(_parsed(line) for line in self.path.read_bytes().splitlines())

    def _holding(self, outcomes: Iterable[Outcome]) -> dict[tuple[str, str], Outcome]:
        latest = {outcome.cell: outcome for outcome in outcomes}
        return {cell: outcome for cell, outcome in latest.items() if outcome.key and outcome.key == self.key(*cell)}


def published(path: Path) -> tuple[Outcome, ...]:
    """What `Kept.publish` wrote, () where there is no file; raises `UsageError` where it is anything else."""
    try:
        said = _parsed(path.read_bytes())
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}") from None
    if not isinstance(said, list) or not all(isinstance(each, dict) and each.keys() >= CELL for each in said):
        raise UsageError(f"{path} is not a JSON list of findings: restore it, or move it away to try all again")
    return tuple(_fitting(said))


def _parsed(text: bytes) -> Any:
    """None for what is no JSON, such as a line that was cut off."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _fitting(entries: Iterable[Any]) -> list[Outcome]:
    return [outcome for outcome in map(_outcome, entries) if outcome is not None]


def _outcome(said: Any) -> Outcome | None:
    """One entry; None for one of an earlier version, or that no table could hold."""
    try:
        rel_l2 = said["rel_l2"]
        outcome = Outcome(**{**said, "fate": Fate(said["fate"]), "rel_l2": None if rel_l2 is None else float(rel_l2)})
        date.fromisoformat(outcome.date)
        texts = (outcome.workload, outcome.scenario, outcome.variant, outcome.why, outcome.key)
        "".join(texts).encode()  # raises for what is no text, and for half a character
    except (ValueError, KeyError, TypeError, OverflowError):
        return None
    sayable = outcome.rel_l2 is not None if outcome.fate is Fate.RIGHT else outcome.why
    return outcome if sayable else None
