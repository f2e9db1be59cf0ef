"""What a claim needs before it is judged: both sides measured, and figures of several sets of processes."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import geometric_mean
from typing import ClassVar

from jitgate.gates.kind import Asked, GateKind, Judged, sentence
from jitgate.model.failure import FailureKind
from jitgate.model.figures import ProcessRun
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.model.verdict import Figure
from jitgate.statistics import Interval, Outcome, single_ratio


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


class Claim(GateKind):
    """A kind that says first what is lacking, and then compares."""

    def judge(self, asked: Asked, limit: float) -> Judged:
        return lacking(asked) or self.compare(asked, limit)


class RatioClaim(Claim):
    """A ratio of the variant's figures to those of the baseline and its control, one a process.

    least_width: see `single_ratio`. Subclasses say what is read of a process, and compare.
    """

    least_width: ClassVar[float]

    def read(self, run: ProcessRun) -> float | None:
        """The figure of one process; None where it has none."""
        raise NotImplementedError

    def text(self, ratio: Interval, usual: float, taken: float) -> str:
        """The ratio as a person reads it. usual, taken: geometric means of the baseline's and the variant's figures."""
        raise NotImplementedError

    def figure(self, asked: Asked) -> Figure | None:
        ratio = self.ratio(asked)
        if ratio is None:
            return None
        usual, taken = (geometric_mean(figures) for figures in self._figures(asked))
        return Figure(self.text(ratio, usual, taken), ratio.estimate, ratio.low, ratio.high)

    def ratio(self, asked: Asked) -> Interval | None:
        """None where too few figures were read."""
        base, own = self._figures(asked)
        return None if len(base) < 2 or not own else single_ratio(base, own, least=self.least_width)

    def within(self, asked: Asked) -> Judged:
        """The limit lies inside of the interval."""
        return undecided(asked.cell.variant, len(self._figures(asked)[1]))

    def _figures(self, asked: Asked) -> tuple[list[float], list[float]]:
        base = [*self._each(asked, BASELINE), *self._each(asked, CONTROL)]
        return base, list(self._each(asked, asked.cell.variant))

    def _each(self, asked: Asked, name: str) -> Iterator[float]:
        samples = asked.measurement.all_samples.get(name)
        for run in samples.each_process_run if samples is not None else []:
            value = self.read(run)
            if value:
                yield value


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
