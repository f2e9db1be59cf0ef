"""A sentence in a test's hands: comparisons that `Candidate` offers for pipelines."""

from __future__ import annotations

from jitgate.gates.judge import Ruling
from jitgate.gates.pipeline import foretold, judge_prediction, judge_shares
from jitgate.model.pipeline_cost import cost
from jitgate.plugin.candidate import Comparison
from jitgate.report.format import format_speedup
from jitgate.statistics import Outcome


class SharesComparison(Comparison):
    """`baseline.stage_shares <= 0.02`: by how much the stages miss the whole."""

    operator = "<="

    def _rule(self, limit: float) -> Ruling:
        return judge_shares(self._candidate.measurement, limit)

    def _text(self) -> str:
        found = cost(self._candidate.measurement)
        return "nothing timed" if found is None else f"{found.together:.1%} together"


class PredictionComparison(Comparison):
    """`candidate.prediction_gap <= 0.02`: by how much the sentence misses what its stages predict."""

    operator = "<="
    asked_for = False

    def _rule(self, limit: float) -> Ruling:
        judge, cell = self._state.judge, self._candidate.cell
        ruling = judge_prediction(judge, self._candidate.measurement, cell.variant, limit)
        if ruling.verdict is Outcome.INCONCLUSIVE:
            from jitgate.gates.stopping import OpenSentences

            measurement = self._state.measurements.more(cell.workload, cell.scenario, OpenSentences(judge))
            ruling = judge_prediction(judge, measurement, cell.variant, limit)
        return ruling

    def _text(self) -> str:
        found = foretold(self._state.judge, self._candidate.measurement, self._candidate.cell.variant)
        return "nothing timed" if found is None else f"{format_speedup(found.gap)} what was predicted"
