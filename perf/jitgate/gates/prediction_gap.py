"""`candidate.prediction_gap <= prediction_tolerance`: what a stage gains arrives in the whole call."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from jitgate.engines.staged import is_staged, stages_of
from jitgate.gates.kind import Asked, Judged
from jitgate.gates.stage_shares import MOST_OFF
from jitgate.gates.timed import TimedKind
from jitgate.model.pipeline_cost import stage_columns
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome, Prediction, predict

if TYPE_CHECKING:
    from jitgate.model.cell import Cell
    from jitgate.workloads.spec import WorkloadSpec

WIDEST = 1.10
"""Up to which factor to either side an interval still says something: a wider one would agree with any prediction."""


class PredictionGap(TimedKind):
    """The whole gains what its stages' gains predict (Amdahl, AFIPS 1967).

    FAIL where it is proven to be off by more. PASS where it is not, and the interval is narrow enough to have shown it.
    """

    key, attribute, operator = "prediction_tolerance", "prediction_gap", "<="
    question = "fast"
    alone = False
    default_limit = MOST_OFF
    configurable = False
    optional = True

    def applies(self, cell: Cell, workload: WorkloadSpec) -> bool:  # noqa: ARG002 - the variant tells
        return is_staged(cell.variant)

    def label(self, limit: float, asked: Asked) -> str:  # noqa: ARG002 - the limit says it all
        return f"prediction=100%+-{limit:.0%}"

    def figure(self, asked: Asked) -> Figure | None:
        found = predicted(asked)
        if found is None:
            return None
        gap = found.gap.interval
        return Figure(f"{gap.estimate:.3f} times what was predicted", gap.estimate, gap.low, gap.high)

    def compare(self, asked: Asked, limit: float) -> Judged:
        found = predicted(asked)
        if found is None:
            return Judged(Outcome.INVALID, f"The stages of {asked.cell.variant} were not timed.")
        if _overlapping(asked):
            return Judged(
                Outcome.INCONCLUSIVE,
                "Stages run at the same time here, so that what one gains need not arrive in the whole.",
            )
        gap = found.gap.interval
        if math.isinf(gap.high):
            few = f"{found.gap.pairs} rounds are too few to compare with a prediction."
            return Judged(Outcome.INCONCLUSIVE, few, "Measure more rounds.")
        said = f"The whole gains {gap.estimate:.3f} times ({gap.low:.3f} to {gap.high:.3f}) what its stages predict"
        if gap.low > 1 + limit or gap.high < 1 / (1 + limit):
            return Judged(Outcome.FAIL, f"{said}.", "Find what else the variant changes.")
        if gap.high > WIDEST**2 * gap.low:
            return Judged(
                Outcome.INCONCLUSIVE, f"{said}, which is too wide to call it agreement.", "Measure more rounds."
            )
        return Judged(Outcome.PASS, f"{said}.")

    def undecided(self, asked: Asked, limit: float, outcome: Outcome) -> bool:  # noqa: ARG002 - any limit
        return outcome is Outcome.INCONCLUSIVE and not _overlapping(asked)


def _overlapping(asked: Asked) -> bool:
    said = asked.measurement.utterance
    return said is not None and said.overlapping


def predicted(asked: Asked) -> Prediction | None:
    """The gain of the whole from that of the stages that the variant changes; None where there is nothing to say."""
    measurement, variant = asked.measurement, asked.cell.variant
    stages = stages_of(variant)
    if not stages or measurement.all_samples[variant].failure is not None:
        return None
    columns = measurement.columns(variant)
    columns_s = stage_columns(measurement, variant, stages)
    if columns_s is None or columns.control is None or not len(columns.baseline):
        return None
    return predict(
        columns.baseline, columns.candidate, columns.control, columns_s, alpha=asked.alpha, processes=columns.processes
    )
