"""What earlier runs say of one figure: plain values, made by the history and judged by gates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

WORSE, BOTH = "worse", "both"
"""Which changes a gate is about."""


@dataclass(frozen=True)
class Modes:
    """Two values between which a series jumps. gap: relative, 0.08 for 8 %. share: of the runs at the higher one."""

    low: float
    high: float
    gap: float
    share: float


@dataclass(frozen=True)
class PastSeries:
    """One series, as this run is to be compared with it. Figures in the unit of the metric.

    accepted: of the runs that this one is compared with, oldest first. before: of accepted runs before the last
    accepted change: they tell how runs scatter, and not the level. target: the level that an accepted change announced,
    until there are runs of it. cap: what that acceptance covers at most. needed: runs that there must be.
    left_out: why -> how many runs. problem: why nothing can be compared though there was a history. note: what a reader
    must know. commit: of the last accepted run. fail_without: too few runs are red. direction: worse or both.
    """

    accepted: tuple[float, ...] = ()
    before: tuple[float, ...] = ()
    target: float | None = None
    cap: float | None = None
    needed: int = 3
    left_out: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""
    note: str = ""
    commit: str = ""
    modes: Modes | None = None
    fail_without: bool = False
    direction: str = WORSE

    @property
    def runs(self) -> int:
        """Runs that count, before and after an accepted change."""
        return len(self.accepted) + len(self.before)

    @property
    def comparable(self) -> bool:
        """Whether there are enough runs, and a level."""
        return self.runs >= self.needed and bool(self.accepted or self.target)

    @property
    def left_out_words(self) -> str:
        """`2 dirty, 1 red`; "" where none is left out."""
        return ", ".join(f"{count} {why}" for why, count in self.left_out.items())
