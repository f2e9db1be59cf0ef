"""What a claim needs before it is judged: both sides measured, and figures of several sets of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from jitgate.gates.kind import Asked, Judged, sentence
from jitgate.model.failure import FailureKind
from jitgate.model.figures import ProcessRun
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.statistics import Interval, Outcome, single_ratio

Figures = tuple[list[float], list[float]]
"""Of the baseline with its control, and of the variant: one a process."""


def lacking(asked: Asked) -> Judged | None:
    """Why nothing can be said; None where both sides were measured.

    What can't run here is INCONCLUSIVE. What should have run, and has not, is INVALID and no answer.
    """
    for name in (BASELINE, asked.cell.variant):
        failure = asked.measurement.all_samples[name].failure
        if failure is not None:
            here = failure.kind is FailureKind.UNAVAILABLE
            return Judged(Outcome.INCONCLUSIVE if here else Outcome.INVALID, sentence(failure.sentence))
    return None


def figures(asked: Asked, read: Callable[[ProcessRun], float | None]) -> Figures:
    """What `read` finds in every process that has it."""
    base = [*_each(asked, BASELINE, read), *_each(asked, CONTROL, read)]
    return base, list(_each(asked, asked.cell.variant, read))


def ratio_of(found: Figures, least_width: float) -> Interval | None:
    """The variant's figures over the baseline's; None where too few were read. least_width: see `single_ratio`."""
    base, own = found
    return None if len(base) < 2 or not own else single_ratio(base, own, least=least_width)


def undecided(variant: str, processes: int) -> Judged:
    """The limit lies inside of the interval. processes: of the variant."""
    if processes < 2:
        return Judged(
            Outcome.INCONCLUSIVE,
            f"Only one process of {variant} was measured, and the next one may differ.",
            "Measure in several sets of processes (--jitgate-processes 5).",
        )
    return Judged(
        Outcome.INCONCLUSIVE,
        f"The limit lies within what processes of {variant} and of {BASELINE} differ by, {processes} of the former.",
        f"Measure in more sets of processes (--jitgate-processes {max(5, 2 * processes)}).",
    )


def _each(asked: Asked, name: str, read: Callable[[ProcessRun], float | None]) -> Iterator[float]:
    samples = asked.measurement.all_samples.get(name)
    for run in samples.each_process_run if samples is not None else []:
        value = read(run)
        if value:
            yield value
