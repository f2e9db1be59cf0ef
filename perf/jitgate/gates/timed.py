"""What gates on time have in common: a comparison that is broken, or too noisy, is not judged by its figures."""

from __future__ import annotations

from typing import ClassVar

from jitgate.gates.kind import Asked, GateKind, Judged
from jitgate.gates.validity import broken, noisy
from jitgate.statistics import Outcome

OF_THESE_STARTS = "It holds for the processes that ran; what another start changes is not in it."
"""Of kinds whose bounds rest on single calls, or on one look: `min_speedup` alone measures what starts change."""


class TimedKind(GateKind):
    """A kind whose figure gets sharper with more rounds; `compare` judges a comparison that can be believed."""

    timed: ClassVar[bool] = True
    question: ClassVar[str] = "fast"

    def judge(self, asked: Asked, limit: float) -> Judged:
        return broken(asked) or noisy(asked.measurement) or self.compare(asked, limit)

    def undecided(self, asked: Asked, limit: float, outcome: Outcome) -> bool:  # noqa: ARG002 - for subclasses
        # INVALID too: quiet rounds may still outweigh noisy ones. A comparison that is broken stays broken.
        return broken(asked) is None and outcome in (Outcome.INCONCLUSIVE, Outcome.INVALID)
