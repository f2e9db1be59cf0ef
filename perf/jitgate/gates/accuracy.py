"""Is the output right? By norm, by ear, and never with a NaN in it."""

from __future__ import annotations

import math

from jitgate.model.measurement import Measurement
from jitgate.model.samples import Samples
from jitgate.model.tolerance import LOG_MEL_DB
from jitgate.model.variant import BASELINE
from jitgate.statistics import Outcome

Verdict = tuple[Outcome, str]


def judge_accuracy(measurement: Measurement, variant: str) -> Verdict:
    """Is the output of `variant` that of eager float32, within its tolerance?"""
    samples = measurement.all_samples[variant]
    if samples.failure is not None:
        return Outcome.FAIL, samples.failure.sentence
    if samples.accuracy is None:
        baseline = measurement.all_samples[BASELINE].failure
        why = f", because there is none: {baseline.sentence}" if baseline is not None else ""
        return Outcome.INVALID, f"the output was not compared with the baseline's{why}"
    broken = no_right_answer(measurement)
    if broken is not None:
        return Outcome.INVALID, broken
    if not is_right(samples):
        return Outcome.FAIL, f"the output is not the baseline's: {difference(samples)}"
    equal = f", and all {samples.accuracy.integers} integers are equal" if samples.accuracy.integers else ""
    equal += f", and {chosen(samples)}" if samples.accuracy.ids else ""
    if samples.accuracy.perceptual:
        return Outcome.PASS, f"log-mel distance {samples.accuracy.log_mel_db:.2g} dB is within {LOG_MEL_DB:g} dB{equal}"
    return Outcome.PASS, f"relative L2 distance {samples.rel_l2:.1e} is within {samples.tolerance:g}{equal}"


def wrong(measurement: Measurement, variant: str) -> str | None:
    """Why a speed of `variant` counts for nothing, as far as its output goes; None where the output is right."""
    samples = measurement.all_samples[variant]
    if samples.accuracy is None:
        return "the output was not compared with the baseline's, and speed counts only for the right answer"
    if variant == BASELINE or is_right(samples):
        return no_right_answer(measurement)
    broken = no_right_answer(measurement)
    return broken or f"speed counts only for the right answer, and the output differs: {difference(samples)}"


def no_right_answer(measurement: Measurement) -> str | None:
    """Why the baseline's output is no measure for others; None where it is one."""
    accuracy = measurement.all_samples[BASELINE].accuracy
    if accuracy is None or not accuracy.not_finite:
        return None
    return (
        f"there is no right answer to compare with: eager's own output holds NaN or Inf ({accuracy.not_finite} "
        "values); "
        "give the workload inputs and weights that it can stand"
    )


def is_right(samples: Samples) -> bool:
    """Whether the output was compared and found near enough; integers (lengths, masks) are equal or wrong, however it
    sounds, and ids that were chosen are as good as the right ones or wrong."""
    accuracy = samples.accuracy
    if accuracy is None or accuracy.not_finite or accuracy.unequal or math.isinf(accuracy.rel_l2):
        return False
    if not accuracy.surprisal <= samples.tolerance:
        return False
    audio_metrics = accuracy.log_mel_db
    if accuracy.perceptual:
        return audio_metrics is not None and audio_metrics <= LOG_MEL_DB
    return accuracy.rel_l2 <= samples.tolerance and (audio_metrics is None or audio_metrics <= LOG_MEL_DB)


def difference(samples: Samples) -> str:
    """How far off the output is, in words."""
    accuracy = samples.accuracy
    if accuracy is None:
        return "it was not compared"
    if accuracy.not_finite:
        return f"it holds NaN or Inf ({accuracy.not_finite} {'value' if accuracy.not_finite == 1 else 'values'})"
    if accuracy.unequal:
        many = "integer is" if accuracy.unequal == 1 else "integers are"
        return f"{accuracy.unequal} {many} unequal, and what is chosen has no tolerance: it is the same or another"
    if (accuracy.perceptual and accuracy.log_mel_db is None) or math.isinf(accuracy.rel_l2):
        return "another shape, type or value"
    if not accuracy.surprisal <= samples.tolerance:
        return f"{chosen(samples)}, and at most {samples.tolerance:g} is allowed"
    audio_metrics = accuracy.log_mel_db
    if audio_metrics is not None and audio_metrics > LOG_MEL_DB:
        return f"log-mel distance {audio_metrics:.2g} dB, at most {LOG_MEL_DB:g} dB can't be audio_metrics"
    return f"relative L2 distance {accuracy.rel_l2:.1e}, at most {samples.tolerance:g} is allowed"


def chosen(samples: Samples) -> str:
    """What became of the ids that token_agreement decoding chose, in words."""
    accuracy = samples.accuracy
    if accuracy is None:
        return "no ids were compared"
    if not accuracy.other_ids:
        return f"all {accuracy.ids} ids that were chosen are eager's"
    return (
        f"{accuracy.other_ids} of {accuracy.ids} ids that were chosen are others, by eager's scores up to "
        f"{accuracy.surprisal:.1e} (relative) more surprising"
    )


def called(samples: Samples) -> str:
    """What decides, as a gate is called: `rel_l2=0.0001`, or `log_mel_db=1` of what is judged by ear."""
    if samples.accuracy is not None and samples.accuracy.perceptual:
        return f"log_mel_db={LOG_MEL_DB:g}"
    return f"rel_l2={samples.tolerance:g}"
