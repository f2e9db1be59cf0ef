"""`promised_speedup`: at least so many times as fast as the baseline, at the next start too."""

from __future__ import annotations

from jitgate.gates.kind import Asked, Judged
from jitgate.gates.speed import MinSpeedup, ratio
from jitgate.gates.validity import speedup_of
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome

from jitgate_cosyvoice.gates.evidence import lacking, undecided


class PromisedSpeedup(MinSpeedup):
    """As `min_speedup`, but one set of processes decides nothing.

    What the pairs of one set decide is true of these processes, and a promise is about the next start too.
    """

    key, attribute, fixture, heading = "promised_speedup", "lasting_speedup", "promised_speedup", ""
    records = False

    def label(self, limit: float, asked: Asked) -> str:
        return f"at least {ratio(limit)} times as fast as {asked.baseline}"

    def figure(self, asked: Asked) -> Figure | None:
        found, speedup = super().figure(asked), speedup_of(asked)
        if found is None or speedup is None or found.high is None:
            return None
        return Figure(f"{found.text} in {speedup.pairs} pairs", found.estimate, found.low, found.high)

    def judge(self, asked: Asked, limit: float) -> Judged:
        return lacking(asked) or super().judge(asked, limit)

    def undecided(self, asked: Asked, limit: float, outcome: Outcome) -> bool:
        # Once the pairs of one set of processes have decided, more rounds of the same processes change nothing.
        return super().undecided(asked, limit, outcome) and not self._needs_starts(asked, self.pairs(asked, limit))

    def compare(self, asked: Asked, limit: float) -> Judged:
        found = self.pairs(asked, limit)
        return undecided(asked.cell.variant, 1) if self._needs_starts(asked, found) else found

    def pairs(self, asked: Asked, limit: float) -> Judged:
        """What the pairs decide, of however few processes."""
        return super().compare(asked, limit)

    def _needs_starts(self, asked: Asked, found: Judged) -> bool:
        decided = found.outcome in (Outcome.PASS, Outcome.FAIL)
        return decided and asked.measurement.starts(asked.cell.variant) < 2
