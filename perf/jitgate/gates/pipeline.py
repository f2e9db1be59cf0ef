"""Do the stages account for the sentence, and does the sentence gain what its stages predict?"""

from __future__ import annotations

import math

from jitgate.engines.staged import stages_of
from jitgate.gates.judge import Judge, Ruling
from jitgate.model.measurement import Measurement
from jitgate.model.pipeline_cost import cost, stage_columns
from jitgate.statistics import Outcome, Prediction, predict

MOST_OFF = 0.02
"""By which stages may miss the sentence, and a sentence its prediction. Stages that overlap, or are timed twice, miss
it by a whole stage; caches and memory that one stage leaves to the next move others by a per cent or so, which is worth
saying and not worth a red test."""
WIDEST = 1.10
"""Up to which factor to either side an interval still says something: a wider one would agree with any prediction."""


def foretold(judge: Judge, measurement: Measurement, variant: str) -> Prediction | None:
    """The gain of the sentence from that of the stages that `variant` changes; None where there is nothing to say."""
    stages = stages_of(variant)
    if not stages or measurement.all_samples[variant].failure is not None:
        return None
    columns = measurement.columns(variant)
    columns_s = stage_columns(measurement, variant, stages)
    if columns_s is None or columns.control is None or not len(columns.baseline):
        return None
    return predict(
        columns.baseline, columns.candidate, columns.control, columns_s, alpha=judge.alpha, processes=columns.processes
    )


def judge_shares(measurement: Measurement, limit: float = MOST_OFF) -> Ruling:
    """Do the stages and what is between them add up to the sentence, to within `limit`?"""
    gate = f"stage_shares=100%+-{limit:.0%}"
    found = cost(measurement)
    if found is None:
        return Ruling(gate, Outcome.INVALID, "no stage was timed")
    said = f"the stages and what is between them add up to {found.together:.1%} of the sentence"
    if abs(found.together - 1) <= limit:
        return Ruling(gate, Outcome.PASS, said)
    return Ruling(gate, Outcome.FAIL, f"{said}: some stage is timed twice, or within another")


def judge_prediction(judge: Judge, measurement: Measurement, variant: str, limit: float = MOST_OFF) -> Ruling:
    """Is the gain of the sentence what the gain of its stages predicts? FAIL where it is proven to be off by more.

    PASS where it is not, and the interval is narrow enough to have shown it (`WIDEST`).
    """
    gate = f"prediction=100%+-{limit:.0%}"
    broken = judge.speed(measurement, variant, math.ulp(0.0))
    if broken.verdict in (Outcome.FAIL, Outcome.INVALID):
        return Ruling(gate, broken.verdict, broken.reason)
    found = foretold(judge, measurement, variant)
    if found is None:
        return Ruling(gate, Outcome.INVALID, f"the stages of {variant} were not timed")
    gap = found.gap.interval
    if math.isinf(gap.high):
        return Ruling(gate, Outcome.INCONCLUSIVE, f"{found.gap.pairs} rounds are too few to compare with a prediction")
    said = f"the sentence gains {gap.estimate:.3f} times ({gap.low:.3f} to {gap.high:.3f}) what its stages predict"
    if gap.low > 1 + limit or gap.high < 1 / (1 + limit):
        return Ruling(gate, Outcome.FAIL, f"{said}: find what else the variant changes in the sentence")
    if gap.high > WIDEST**2 * gap.low:
        return Ruling(
            gate, Outcome.INCONCLUSIVE, f"{said}, which is too wide to call it agreement: measure more rounds"
        )
    return Ruling(gate, Outcome.PASS, said)
