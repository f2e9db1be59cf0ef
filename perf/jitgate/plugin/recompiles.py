"""`candidate.rebuilds <= 0`: it is what its name says, and nothing was built anew while it was timed."""

from __future__ import annotations

from jitgate.gates.authenticity import in_words
from jitgate.gates.judge import Ruling
from jitgate.plugin.candidate import Comparison


class RebuildComparison(Comparison):
    """`candidate.rebuilds <= max_rebuilds`."""

    operator = "<="

    def _rule(self, limit: float) -> Ruling:
        return self._state.judge.genuine(self._candidate.measurement, self._candidate.cell.variant, int(limit))

    def _text(self) -> str:
        return in_words(self._candidate.arm.rebuilds) or "no rebuilds"
