"""What a section of the study gets, and what it returns."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jitgate.statistics
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 200  # of a measurement at most; a look after every one
CHUNK = 1000  # measurements held in memory at once
WORDS = ("sections.py", "plots.py", "__main__.py")  # sources that no figure depends on


@lru_cache(maxsize=1)
def _sources() -> str:
    """Digest of the rules and of the study itself: a figure of other ones is another figure."""
    found = hashlib.sha256()
    for folder in (Path(jitgate.statistics.__file__).parent, Path(__file__).parent):
        for path in sorted(folder.glob("*.py")):
            if path.name not in WORDS:
                found.update(path.read_bytes())
    return found.hexdigest()


@dataclass(frozen=True)
class Study:
    """alpha: level of every rule that has one. measurements: for false alarms. runs: for everything else.

    say: prints progress; it can be pickled, since sections run in processes of their own. kept: a folder of results of
    a study that was stopped; None keeps nothing.
    """

    alpha: float
    measurements: int
    runs: int
    seed: int
    say: Callable[[str], None]
    kept: Path | None = None

    def remember(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `make` gives, or gave in an earlier run of this very study: same rules, noise, sizes and seed."""
        if self.kept is None:
            return make()
        about = f"{name} {self.alpha} {self.measurements} {self.runs} {self.seed} {_sources()}"
        path = self.kept / f"{hashlib.sha256(about.encode()).hexdigest()[:24]}.json"
        if not path.exists():
            found = json.dumps(make())
            self.kept.mkdir(parents=True, exist_ok=True)
            path.write_text(found, encoding="utf-8")
        return dict(json.loads(path.read_text(encoding="utf-8")))

    def generator(self, *where: int) -> np.random.Generator:
        """Each table has a stream of its own, so that you can rerun one without the others."""
        return np.random.default_rng([self.seed, *where])


@dataclass(frozen=True)
class SectionResult:
    """lines: a Markdown table. figures: for pictures and checks, by noise or kind, then by name."""

    lines: list[str]
    figures: dict[str, dict[str, float]] = field(default_factory=dict)


def chunks(total: int) -> list[int]:
    """`total` cut into sizes of at most `CHUNK`."""
    return [CHUNK] * (total // CHUNK) + ([total % CHUNK] if total % CHUNK else [])


def row(cells: str) -> str:
    """A row of a table: words are cells; an underscore stands for a space in a cell."""
    return "| " + " | ".join(cell.replace("_", " ") for cell in cells.split()) + " |"
