"""Is the variant what its name says, and did it only run while it was timed?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from jitgate.engines.registry import BASELINE, CONTROL
from jitgate.model.measurement import Arm, Measurement
from jitgate.statistics import Answer

UNROUNDED = 1e-5
"""A variant in half precision or int8 whose output is this near to eager float32's has not computed in it: rounding to
16 or fewer bits costs 1e-4 at the least, reordered float32 sums 1e-6 to 1e-5."""

ROUNDING = ("fp16", "bf16", "autocast-fp16", "autocast-bf16", "int8")
"""Precisions that can't give float32's answer."""

Verdict = tuple[Answer, str]


def judge_genuine(measurement: Measurement, variant: str, most: int = 0) -> Verdict:
    """Is `variant` on, and was nothing more than `most` times built anew inside a timed turn?"""
    arm = measurement.arms[variant]
    if arm.failure is not None:
        return Answer.FAIL, arm.failure.sentence
    said = off(arm) or rebuilt(arm, most)
    return (Answer.INVALID, said) if said else (Answer.PASS, "it is on, and nothing was built anew while it was timed")


def believable(measurement: Measurement, variant: str) -> str | None:
    """Why no speed of `variant` is believed, whatever its calls took; None where it is."""
    for name in (variant, BASELINE, CONTROL):
        arm = measurement.arms.get(name)
        said = None if arm is None else off(arm) or rebuilt(arm)
        if said is not None:
            return said if name == variant else f"of {name}, which it is compared with: {said}"
    return None


def off(arm: Arm) -> str | None:
    """What the variant is instead of what its name says; None where it is on."""
    if arm.instead is not None:
        return f"{arm.name} is not on: {arm.instead}"
    if arm.precision in ROUNDING and arm.rel_l2 is not None and arm.rel_l2 < UNROUNDED:
        return (
            f"{arm.name} is not on: its output is float32's (relative L2 distance {arm.rel_l2:.1e}), "
            f"so nothing was computed in {arm.precision}"
        )
    return None


def rebuilt(arm: Arm, most: int = 0) -> str | None:
    """What was built anew inside timed turns; None where it was at most so often."""
    count = sum(arm.rebuilds.values())
    if count <= most:
        return None
    return (
        f"inside timed turns {arm.name} built anew what should only run: {in_words(arm.rebuilds)}; "
        "make it serve all inputs before it is timed"
    )


def in_words(rebuilds: Mapping[str, int]) -> str:
    """`17 x recompile (size of 'x'), 1 x graph break`: by cause, each with its most frequent reason."""
    causes: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    for said, count in rebuilds.items():
        cause, _, reason = said.partition(": ")
        causes[cause] += count
        if reason:
            reasons.setdefault(cause, Counter())[reason] += count
    return ", ".join(
        f"{count} x {cause}" + (f" ({reasons[cause].most_common(1)[0][0]})" if cause in reasons else "")
        for cause, count in causes.most_common()
    )
