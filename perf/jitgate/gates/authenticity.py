"""Is the variant what its name says, and did it only run while it was timed?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from jitgate.model.measurement import Measurement
from jitgate.model.samples import Samples
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.statistics import Outcome

UNROUNDED = 1e-5
"""A variant in half precision or int8 whose output is this near to eager float32's has not computed in it: rounding to
16 or fewer bits costs 1e-4 at the least, reordered float32 sums 1e-6 to 1e-5."""

ROUNDING = ("fp16", "bf16", "autocast-fp16", "autocast-bf16", "int8")
"""Precisions that can't give float32's answer."""

Verdict = tuple[Outcome, str]


def judge_genuine(measurement: Measurement, variant: str, most: int = 0) -> Verdict:
    """Is `variant` on, and was nothing more than `most` times built anew inside a timed turn?"""
    samples = measurement.all_samples[variant]
    if samples.failure is not None:
        return Outcome.FAIL, samples.failure.sentence
    said = off(samples) or rebuilt(samples, most)
    return (
        (Outcome.INVALID, said) if said else (Outcome.PASS, "it is on, and nothing was built anew while it was timed")
    )


def believable(measurement: Measurement, variant: str) -> str | None:
    """Why no speed of `variant` is believed, whatever its calls took; None where it is."""
    for name in (variant, BASELINE, CONTROL):
        samples = measurement.all_samples.get(name)
        said = None if samples is None else off(samples) or rebuilt(samples)
        if said is not None:
            return said if name == variant else f"of {name}, which it is compared with: {said}"
    return None


def off(samples: Samples) -> str | None:
    """What the variant is instead of what its name says; None where it is on."""
    if samples.fallback is not None:
        return f"{samples.name} is not on: {samples.fallback}"
    if samples.precision in ROUNDING and samples.rel_l2 is not None and samples.rel_l2 < UNROUNDED:
        return (
            f"{samples.name} is not on: its output is float32's (relative L2 distance {samples.rel_l2:.1e}), "
            f"so nothing was computed in {samples.precision}"
        )
    return None


def rebuilt(samples: Samples, most: int = 0) -> str | None:
    """What was built anew inside timed turns; None where it was at most so often."""
    count = sum(samples.recompiles.values())
    if count <= most:
        return None
    return (
        f"inside timed turns {samples.name} built anew what should only run: {in_words(samples.recompiles)}; "
        "make it serve all inputs before it is timed"
    )


def in_words(recompiles: Mapping[str, int]) -> str:
    """`17 x recompile (size of 'x'), 1 x graph break`: by cause, each with its most frequent reason."""
    causes: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    for said, count in recompiles.items():
        cause, _, reason = said.partition(": ")
        causes[cause] += count
        if reason:
            reasons.setdefault(cause, Counter())[reason] += count
    return ", ".join(
        f"{count} x {cause}" + (f" ({reasons[cause].most_common(1)[0][0]})" if cause in reasons else "")
        for cause, count in causes.most_common()
    )
