"""What a section of the study gets, and what it returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 200  # of a measurement at most; a look after every one
CHUNK = 1000  # measurements held in memory at once


@dataclass(frozen=True)
class Study:
    """alpha: level of every rule that has one. measurements: for false alarms. runs: for everything else.

    say: prints progress; it can be pickled, since sections run in processes of their own.
    """

    alpha: float
    measurements: int
    runs: int
    seed: int
    say: Callable[[str], None]

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
