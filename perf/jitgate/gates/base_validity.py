"""Can a comparison with another commit be believed at all?"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from jitgate.gates.kind import Asked, Judged, sentence, unbelieved
from jitgate.gates.output import difference, is_right
from jitgate.gates.validity import broken, disturbed, fell_back, recompiled
from jitgate.model.base_comparison import BaseComparison
from jitgate.model.failure import FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.samples import Samples
from jitgate.model.variant import BASE, BASELINE, COPY, arm
from jitgate.statistics import Outcome, Speedup, speedup

NEW = "New in head: measured, not compared"
OTHER_OUTPUT = "Speed counts only for the right answer; where the change is meant, allow it with max_output_change."


def broken_base(asked: Asked) -> Judged | None:
    """Why no verdict on a change since the base can be given, however many rounds are made; None where it can."""
    base = asked.measurement.base
    failure = asked.samples.failure
    if failure is not None:
        of_head = failure.kind is not FailureKind.WRONG_SOURCE
        return Judged(Outcome.FAIL if of_head else Outcome.INVALID, sentence(failure.sentence))
    if base is None:
        return Judged(Outcome.INVALID, "There is no base to compare with.", "Name one with --jitgate-base.")
    if base.problem:
        return Judged(Outcome.INVALID, sentence(f"Base and head can't be compared: {base.problem}"))
    return (
        _missing(asked, base)
        or broken(replace(asked, baseline=BASELINE))
        or changed_output(asked)
        or next(filter(None, (_not_authentic(each) for each in arms(asked))), None)
    )


def arms(asked: Asked) -> tuple[Samples, Samples]:
    """The variant's samples from both checkouts of the base."""
    there = asked.measurement.all_samples
    return there[arm(asked.cell.variant, BASE)], there[arm(asked.cell.variant, COPY)]


def is_new(asked: Asked) -> bool:
    """Whether the base lacks this benchmark: its worker failed, and its own table does not have the workload."""
    base, samples = asked.measurement.base, asked.measurement.all_samples.get(arm(asked.cell.variant, BASE))
    failure = None if samples is None else samples.failure
    if base is None or failure is None or failure.kind is FailureKind.WRONG_SOURCE:
        return False
    return base.is_new(asked.cell.workload)


def output_change(asked: Asked) -> float | None:
    """Relative L2 distance of the base's eager output from the head's; None where they were not compared."""
    samples = asked.measurement.all_samples.get(arm(BASELINE, BASE))
    return None if samples is None else samples.rel_l2


def changed_output(asked: Asked) -> Judged | None:
    """What the head's output differs by from the base's, where no gate allows that; None where it is the same."""
    samples = asked.measurement.all_samples.get(arm(BASELINE, BASE))
    if samples is None or samples.accuracy is None:
        return Judged(Outcome.INVALID, "The outputs of base and head were not compared.")
    if asked.output_change is not None:
        samples = replace(samples, tolerance=asked.output_change)
    if is_right(samples):
        return None
    return Judged(Outcome.INVALID, f"The outputs of base and head differ: {difference(samples)}.", OTHER_OUTPUT)


def change_of(asked: Asked) -> Speedup | None:
    """What the pairs of base and head tell: above 1 the head is faster; None where there are none."""
    return _change(asked.measurement, asked.cell.variant, asked.alpha)


def _missing(asked: Asked, base: BaseComparison) -> Judged | None:
    for role in (BASE, COPY):
        samples = asked.measurement.all_samples.get(arm(asked.cell.variant, role))
        if samples is None:
            return Judged(Outcome.INVALID, "There is nothing to compare with: it was not run from the base.")
        if samples.failure is None:
            continue
        if is_new(asked):
            why = f"{NEW}, since {base.text} lacks it: {samples.failure.sentence}"
            return Judged(Outcome.INCONCLUSIVE, sentence(why), lenient=True)
        return Judged(
            Outcome.INVALID,
            sentence(f"There is nothing to compare with, since {base.text} fails: {samples.failure.sentence}"),
            "Choose a base that runs.",
        )
    return None


def _not_authentic(samples: Samples) -> Judged | None:
    """Why an arm's times are not believed."""
    other = fell_back(samples)
    found = Judged(Outcome.INVALID, other) if other is not None else disturbed(samples) or recompiled(samples)
    found = unbelieved(samples) or found
    return None if found is None else Judged(Outcome.INVALID, f"The base can't be believed: {found.reason}")


@lru_cache(maxsize=64)
def _change(measurement: Measurement, variant: str, alpha: float) -> Speedup | None:
    columns = measurement.against_base(variant)
    if columns is None or not len(columns.baseline):
        return None
    round_s = measurement.wall_s / measurement.rounds if measurement.wall_s else None
    arms_s = (columns.baseline, columns.candidate, columns.control)
    return speedup(*arms_s, alpha=alpha, processes=columns.processes, round_s=round_s)
