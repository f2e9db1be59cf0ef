"""`candidate.recompiles <= 0`: it is what its name says, and nothing was built anew while it was timed."""

from __future__ import annotations

from jitgate.gates.authenticity import in_words
from jitgate.gates.judge import Ruling
from jitgate.plugin.candidate import Comparison


class RecompileComparison(Comparison):
    """`candidate.recompiles <= max_recompiles`."""

    operator = "<="

    def _rule(self, limit: float) -> Ruling:
        return self._state.judge.genuine(self._candidate.measurement, self._candidate.cell.variant, int(limit))

    def _text(self) -> str:
        return in_words(self._candidate.samples.recompiles) or "no recompiles"
