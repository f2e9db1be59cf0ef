"""Is the output right? By norm, by ear, and never with a NaN in it."""

from __future__ import annotations

import math

from jitgate.engines.registry import BASELINE
from jitgate.model.measurement import Arm, Measurement
from jitgate.model.tolerance import LOG_MEL_DB
from jitgate.statistics import Answer

Verdict = tuple[Answer, str]


def judge_parity(measurement: Measurement, variant: str) -> Verdict:
    """Is the output of `variant` that of eager float32, within its tolerance?"""
    arm = measurement.arms[variant]
    if arm.failure is not None:
        return Answer.FAIL, arm.failure.sentence
    if arm.parity is None:
        baseline = measurement.arms[BASELINE].failure
        why = f", because there is none: {baseline.sentence}" if baseline is not None else ""
        return Answer.INVALID, f"the output was not compared with the baseline's{why}"
    broken = no_right_answer(measurement)
    if broken is not None:
        return Answer.INVALID, broken
    if not is_right(arm):
        return Answer.FAIL, f"the output is not the baseline's: {difference(arm)}"
    equal = f", and all {arm.parity.integers} integers are equal" if arm.parity.integers else ""
    equal += f", and {chosen(arm)}" if arm.parity.ids else ""
    if arm.parity.by_ear:
        return Answer.PASS, f"log-mel distance {arm.parity.log_mel_db:.2g} dB is within {LOG_MEL_DB:g} dB{equal}"
    return Answer.PASS, f"relative L2 distance {arm.rel_l2:.1e} is within {arm.tolerance:g}{equal}"


def wrong(measurement: Measurement, variant: str) -> str | None:
    """Why a speed of `variant` counts for nothing, as far as its output goes; None where the output is right."""
    arm = measurement.arms[variant]
    if arm.parity is None:
        return "the output was not compared with the baseline's, and speed counts only for the right answer"
    if variant == BASELINE or is_right(arm):
        return no_right_answer(measurement)
    broken = no_right_answer(measurement)
    return broken or f"speed counts only for the right answer, and the output differs: {difference(arm)}"


def no_right_answer(measurement: Measurement) -> str | None:
    """Why the baseline's output is no measure for others; None where it is one."""
    parity = measurement.arms[BASELINE].parity
    if parity is None or not parity.not_finite:
        return None
    return (
        f"there is no right answer to compare with: eager's own output holds NaN or Inf ({parity.not_finite} values); "
        "give the workload inputs and weights that it can stand"
    )


def is_right(arm: Arm) -> bool:
    """Whether the output was compared and found near enough; integers (lengths, masks) are equal or wrong, however it
    sounds, and ids that were chosen are as good as the right ones or wrong."""
    parity = arm.parity
    if parity is None or parity.not_finite or parity.unequal or math.isinf(parity.rel_l2):
        return False
    if not parity.surprisal <= arm.tolerance:
        return False
    heard = parity.log_mel_db
    if parity.by_ear:
        return heard is not None and heard <= LOG_MEL_DB
    return parity.rel_l2 <= arm.tolerance and (heard is None or heard <= LOG_MEL_DB)


def difference(arm: Arm) -> str:
    """How far off the output is, in words."""
    parity = arm.parity
    if parity is None:
        return "it was not compared"
    if parity.not_finite:
        return f"it holds NaN or Inf ({parity.not_finite} {'value' if parity.not_finite == 1 else 'values'})"
    if parity.unequal:
        many = "integer is" if parity.unequal == 1 else "integers are"
        return f"{parity.unequal} {many} unequal, and what is chosen has no tolerance: it is the same or another"
    if (parity.by_ear and parity.log_mel_db is None) or math.isinf(parity.rel_l2):
        return "another shape, type or value"
    if not parity.surprisal <= arm.tolerance:
        return f"{chosen(arm)}, and at most {arm.tolerance:g} is allowed"
    heard = parity.log_mel_db
    if heard is not None and heard > LOG_MEL_DB:
        return f"log-mel distance {heard:.2g} dB, at most {LOG_MEL_DB:g} dB can't be heard"
    return f"relative L2 distance {parity.rel_l2:.1e}, at most {arm.tolerance:g} is allowed"


def chosen(arm: Arm) -> str:
    """What became of the ids that greedy decoding chose, in words."""
    parity = arm.parity
    if parity is None:
        return "no ids were compared"
    if not parity.other_ids:
        return f"all {parity.ids} ids that were chosen are eager's"
    return (
        f"{parity.other_ids} of {parity.ids} ids that were chosen are others, by eager's scores up to "
        f"{parity.surprisal:.1e} (relative) more surprising"
    )


def called(arm: Arm) -> str:
    """What decides, as a gate is called: `rel_l2=0.0001`, or `log_mel_db=1` of what is judged by ear."""
    if arm.parity is not None and arm.parity.by_ear:
        return f"log_mel_db={LOG_MEL_DB:g}"
    return f"rel_l2={arm.tolerance:g}"
