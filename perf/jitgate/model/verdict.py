"""What judging one requirement came to. It is stored, and whatever is said of it later is read from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jitgate.model.cell import Cell
from jitgate.model.variant import BASELINE
from jitgate.statistics import Outcome, finite


@dataclass(frozen=True)
class Figure:
    """What was measured. text: as a person reads it. estimate, low, high: in the unit of the limit; None if unknown."""

    text: str
    estimate: float | None = None
    low: float | None = None
    high: float | None = None

    @classmethod
    def exact(cls, value: float, text: str) -> Figure:
        """A figure without an interval."""
        return cls(text, value, value, value)

    def as_json(self) -> dict[str, Any]:
        return {"estimate": finite(self.estimate), "low": finite(self.low), "high": finite(self.high)}


@dataclass(frozen=True)
class Verdict:
    """One gate of one cell, judged.

    gate: the kind's key, as in `min_speedup`. limit: in the unit of that key. label: gate and limit as a person reads
    them. reason: one sentence. advice: what to do; "" where nothing is to be done. configured: whether the limit is the
    project's own, and not one that a test states. on_fail: "fail", or "report" for what is only reported; source: where
    the promise comes from. lenient: INCONCLUSIVE for want of earlier runs, which fails nothing.
    """

    cell: Cell
    gate: str
    limit: float
    label: str
    outcome: Outcome
    reason: str
    advice: str = ""
    figure: Figure | None = None
    baseline: str = BASELINE
    configured: bool = True
    on_fail: str = "fail"
    source: str = ""
    lenient: bool = False

    def __bool__(self) -> bool:
        raise TypeError("a verdict is neither true nor false by itself; ask for .green")

    @property
    def green(self) -> bool:
        """Only PASS is green."""
        return self.outcome is Outcome.PASS

    @property
    def sentence(self) -> str:
        """Reason and advice."""
        return f"{self.reason} {self.advice}".rstrip()

    def as_json(self) -> dict[str, Any]:
        return {
            "gate": self.gate,
            "label": self.label,
            "limit": finite(self.limit),
            "verdict": self.outcome.value,
            "reason": self.reason,
            "advice": self.advice,
            "figure": None if self.figure is None else self.figure.as_json(),
            "baseline": self.baseline,
            "on_fail": self.on_fail,
            "source": self.source,
        }
