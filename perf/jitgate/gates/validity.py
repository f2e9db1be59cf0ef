"""Can a comparison be believed at all? What every gate on time asks first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from jitgate.gates.kind import Asked, Judged, sentence, unbelieved
from jitgate.gates.output import difference, is_right
from jitgate.model.measurement import Measurement, most_frequent_first
from jitgate.model.samples import Samples
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.statistics import Interval, Outcome, Speedup, ordinary_ratio, speedup

MOST_EXCLUDED = 0.20
"""Share of noisy rounds from which those that were not seen to be noisy are not believed either."""

UNROUNDED = 1e-5
"""A variant in half precision or int8 whose output is this near to eager float32's has not computed in it: rounding to
16 or fewer bits costs 1e-4 at the least, reordered float32 sums 1e-6 to 1e-5."""

ROUNDING = ("fp16", "bf16", "autocast-fp16", "autocast-bf16", "int8")
"""Precisions that can't give float32's answer."""


def broken(asked: Asked) -> Judged | None:
    """Why no verdict on speed can be given, however many rounds are made; None where it can."""
    return _broken(asked.measurement, asked.cell.variant, asked.baseline)


def noisy(measurement: Measurement) -> Judged | None:
    """Why so many rounds are excluded that the rest can't stand for the whole; None where it can."""
    if measurement.excluded_share <= MOST_EXCLUDED:
        return None
    causes = most_frequent_first(measurement.excluded)
    return Judged(
        Outcome.INVALID,
        f"{measurement.excluded_summary} were excluded: {causes}.",
        "Run again on a quieter machine, or let such rounds count: --jitgate-noisy-rounds include.",
    )


def speedup_of(asked: Asked) -> Speedup | None:
    """What the pairs of the variant and its baseline tell; None where there are none."""
    return _speedup(asked.measurement, asked.cell.variant, asked.baseline, asked.alpha)


def reported_speedup(asked: Asked) -> Interval | None:
    """The ordinary 95 % interval of one look, by which nothing is judged; None below two pairs."""
    columns = asked.measurement.columns(asked.cell.variant, asked.baseline)
    return ordinary_ratio(columns.baseline, columns.candidate, columns.processes)


def noise_floor(measurement: Measurement, alpha: float) -> float | None:
    """How far the control is from the baseline, as a ratio above 0; None where one of them is missing."""
    if CONTROL not in measurement.all_samples:
        return None
    found = _speedup(measurement, CONTROL, BASELINE, alpha)
    return None if found is None else found.noise_floor


def not_compared(measurement: Measurement) -> Judged | None:
    """Why the baseline's output is no measure for others; None where it is one."""
    accuracy = measurement.all_samples[BASELINE].accuracy
    if accuracy is None or not accuracy.not_finite:
        return None
    return Judged(
        Outcome.INVALID,
        f"Eager's own output holds NaN or Inf ({accuracy.not_finite} values): there is no right answer.",
        "Give the workload inputs and weights that eager can compute with; where these values are meant, set "
        'non_finite = "equal" in its table or in jitgate.Workload.',
    )


def fell_back(samples: Samples) -> str | None:
    """What the variant ran instead of what its name says; None where it ran that."""
    if samples.fallback is not None:
        return sentence(f"{samples.name} {samples.fallback.removeprefix('it ')}")
    known = samples.accuracy is not None and samples.accuracy.inexact  # ids alone may be equal in any precision
    if known and samples.precision in ROUNDING and samples.rel_l2 is not None and samples.rel_l2 < UNROUNDED:
        return (
            f"{samples.name} did not compute in {samples.precision}: its output is float32's (relative L2 error "
            f"{samples.rel_l2:.1e})."
        )
    return None


def disturbed(samples: Samples) -> Judged | None:
    """What else the process did, by which its figures are not the model's; None where they are."""
    cause = samples.surroundings.cause()
    return None if cause is None else Judged(Outcome.INVALID, f"{samples.name} {cause[0]}.", cause[1])


def recompiled(samples: Samples, most: int = 0) -> Judged | None:
    """What was recompiled inside timed turns; None where it was at most so often."""
    count = sum(samples.recompiles.values())
    if count <= most:
        return None
    times = "once" if count == 1 else f"{count} times"
    return Judged(
        Outcome.INVALID,
        f"{samples.name} recompiled {times} while being timed: {in_words(samples.recompiles)}.",
        "Warm up or export for all input shapes.",
    )


def in_words(events: Mapping[str, int]) -> str:
    """`17 x recompile (size of 'x'), 1 x graph break`: by cause, each with its most frequent reason."""
    causes: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    for event, count in events.items():
        cause, _, reason = event.partition(": ")
        causes[cause] += count
        if reason:
            reasons.setdefault(cause, Counter())[reason] += count
    return ", ".join(
        f"{count} x {cause}" + (f" ({reasons[cause].most_common(1)[0][0]})" if cause in reasons else "")
        for cause, count in causes.most_common()
    )


def _broken(measurement: Measurement, variant: str, baseline: str) -> Judged | None:
    samples = measurement.all_samples[variant]
    if samples.failure is not None:
        return Judged(Outcome.FAIL, sentence(samples.failure.sentence))
    if measurement.overcommitted is not None:
        return Judged(Outcome.INVALID, sentence(measurement.overcommitted))
    if baseline != BASELINE:
        other = None if baseline not in measurement.all_samples else _broken(measurement, baseline, BASELINE)
        if baseline not in measurement.all_samples or other is not None:
            why = "It was not run." if other is None else other.reason
            return Judged(Outcome.INVALID, f"There is nothing to compare with: {baseline}: {why}")
    right = measurement.all_samples[BASELINE]
    if right.failure is not None:
        return Judged(Outcome.INVALID, sentence(f"There is nothing to compare with: {right.failure.sentence}"))
    control = measurement.all_samples.get(CONTROL)
    if control is None or control.failure is not None:
        why = control.failure.sentence if control is not None and control.failure is not None else "it was not run"
        return Judged(Outcome.INVALID, sentence(f"The noise floor is unknown, because the control is missing: {why}"))
    return _wrong(measurement, variant) or _not_authentic(measurement, variant)


def _wrong(measurement: Measurement, variant: str) -> Judged | None:
    """Why a speed counts for nothing, as far as the output goes; None where it is right."""
    samples = measurement.all_samples[variant]
    counts = "speed counts only for the right answer"
    if samples.accuracy is None:
        return Judged(Outcome.INVALID, f"The output was not compared with the baseline's, and {counts}.")
    no_answer = not_compared(measurement)
    if no_answer is not None or variant == BASELINE or is_right(samples):
        return no_answer
    return Judged(Outcome.INVALID, f"The output differs, and {counts}: {difference(samples)}.")


def _not_authentic(measurement: Measurement, variant: str) -> Judged | None:
    """Why no speed of `variant` is believed, whatever its calls took; None where it is."""
    for name in (variant, BASELINE, CONTROL):
        samples = measurement.all_samples.get(name)
        if samples is None:
            continue
        other = fell_back(samples)
        found = disturbed(samples) or recompiled(samples) if other is None else Judged(Outcome.INVALID, other)
        found = unbelieved(samples) or found
        if found is not None and name == variant:
            return found
        if found is not None:
            return Judged(Outcome.INVALID, f"The reference can't be believed: {found.reason}", found.advice)
    return None


@lru_cache(maxsize=64)
def _speedup(measurement: Measurement, variant: str, baseline: str, alpha: float) -> Speedup | None:
    columns = measurement.columns(variant, baseline)
    if not len(columns.baseline):
        return None
    return speedup(
        columns.baseline,
        columns.candidate,
        columns.control,
        alpha=alpha,
        processes=columns.processes,
        round_s=measurement.wall_s / measurement.rounds if measurement.wall_s else None,
        starts=columns.starts and variant != CONTROL,
        own_control=columns.own_control,
    )
