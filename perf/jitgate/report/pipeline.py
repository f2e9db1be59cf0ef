"""What a sentence costs, for a person and for the JSON: shares of its stages, and what each variant gains of it."""

from __future__ import annotations

import math
from typing import Any

from jitgate.engines.staged import is_staged, stages_of
from jitgate.gates.prediction_gap import predicted
from jitgate.gates.results import Results
from jitgate.gates.stage_shares import MOST_OFF
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement
from jitgate.model.pipeline_cost import PipelineCost, cost
from jitgate.model.variant import BASELINE
from jitgate.model.verdict import Verdict
from jitgate.report.format import columns, format_seconds
from jitgate.statistics import Outcome, Prediction, Speedup


def pipeline_lines(results: Results, measurement: Measurement) -> list[str]:
    """Lines for the summary; none for a workload without stages."""
    found = cost(measurement)
    if found is None:
        return []
    variants = [name for name in measurement.all_samples if is_staged(name)]
    gains = [f"  {_gain(results, Cell(measurement.workload, measurement.scenario, variant))}" for variant in variants]
    return [f"  {_title(found)}", *_table(found), *gains]


def pipeline_facts(results: Results, cell: Cell) -> dict[str, Any] | None:
    """The same for `extra_info["jitgate"]["pipeline"]`; None for a workload without stages."""
    asked = results.asked(cell)
    found = cost(asked.measurement)
    if found is None:
        return None
    own = cost(asked.measurement, cell.variant)
    prediction = predicted(asked)
    return {
        "stages": {
            share.stage: {
                "seconds": share.spent_s,
                "share_of_time": share.time,
                "share_of_arithmetic": share.arithmetic,
                "calls": share.calls,
            }
            for share in found.shares
        },
        "stages_of": BASELINE,
        "together": found.together,
        **_figures(own if own is not None else found),
        "front_end": "not included",
        "gain": None if prediction is None else _gain_facts(results, cell, prediction),
    }


def _title(found: PipelineCost) -> str:
    said = [f"an utterance with {BASELINE}: {format_seconds(found.whole_s)} (median of {found.utterances})"]
    if found.real_time_factor is not None:
        said.append(f"real-time factor {found.real_time_factor:.3g} (without the front end)")
    if found.first_audio_s is not None:
        said.append(f"first audio after {format_seconds(found.first_audio_s)}")
    if found.tokens_per_s is not None:
        said.append(f"{found.tokens_per_s:.3g} speech tokens/s where they are made")
    if found.characters_per_s is not None:
        said.append(f"{found.characters_per_s:.3g} characters/s")
    return ", ".join(said)


def _table(found: PipelineCost) -> list[str]:
    rows = [("stage", "calls", "time", "of the time", "of the arithmetic")]
    for share in found.shares:
        counted = "-" if share.arithmetic is None else f"{share.arithmetic:.1%}"
        rows.append((share.stage, str(share.calls or "-"), format_seconds(share.spent_s), f"{share.time:.1%}", counted))
    together = "together (stages overlap)" if found.overlapping else "together"
    rows.append((together, "", "", f"{found.together:.1%}", ""))
    return [f"  {line}" for line in columns(rows)]


def _gain(results: Results, cell: Cell) -> str:
    """The gain of the stage and of the utterance on one line, so that you can tell them apart."""
    asked, variant = results.asked(cell), cell.variant
    found = predicted(asked)
    if found is None:
        failure = asked.samples.failure
        return f"{variant}: {'no stage was timed' if failure is None else failure.sentence}"
    verdict = _verdict(results, cell)
    return (
        f"{variant}: {' and '.join(stages_of(variant))}, {found.share:.1%} of the utterance, "
        f"{found.part.text}; utterance predicted {_finely(found.predicted)}, "
        f"measured {_finely(found.measured)}: {_agreement(verdict, found)}"
    )


def _agreement(verdict: Verdict, found: Prediction) -> str:
    """With the ratio of the two, since each interval by itself may hide how near they are, or how far apart."""
    off = f"measured over predicted {_finely(found.gap)}"
    if verdict.outcome is Outcome.FAIL:
        return f"they do not agree, {off}"
    if verdict.outcome is not Outcome.PASS:
        return verdict.reason
    gap = found.gap.interval
    return f"they agree{'' if gap.contains(1.0) else f' to within {MOST_OFF:.0%}'}, {off}"


def _finely(found: Speedup) -> str:
    """`1.004x (1.001 to 1.007)`: a sentence gains by fractions of a per cent."""
    interval = found.interval
    if math.isinf(interval.high):
        return f"{interval.estimate:.3f}x (no interval yet)"
    return f"{interval.estimate:.3f}x ({interval.low:.3f} to {interval.high:.3f})"


def _figures(found: PipelineCost) -> dict[str, float | None]:
    return {
        "seconds": found.whole_s,
        "real_time_factor": found.real_time_factor,
        "first_audio_s": found.first_audio_s,
        "speech_tokens_per_s": found.tokens_per_s,
        "characters_per_s": found.characters_per_s,
    }


def _gain_facts(results: Results, cell: Cell, found: Prediction) -> dict[str, Any]:
    verdict = _verdict(results, cell)
    return {
        "stages": list(stages_of(cell.variant)),
        "share_of_time": found.share,
        "of_the_stages": found.part.interval.as_json(),
        "predicted": found.predicted.interval.as_json(),
        "measured": found.measured.interval.as_json(),
        "measured_over_predicted": found.gap.interval.as_json(),
        "verdict": verdict.outcome.value,
        "reason": verdict.reason,
    }


def _verdict(results: Results, cell: Cell) -> Verdict:
    """Does the whole gain what its stages predict? Judged once, whether or not a test asks."""
    return results.judge(results.rules.kind("prediction_tolerance"), results.asked(cell), MOST_OFF)
