"""`max_regression = "3%"`: this run is not worse than the accepted level of earlier runs by more than that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from jitgate.gates.kind import Asked, GateKind, Judged
from jitgate.gates.tracked import MEMORY, METRICS, RATIO, as_text, tracked
from jitgate.gates.validity import broken, noisy
from jitgate.model.errors import UsageError
from jitgate.model.past import BOTH, Modes, PastSeries
from jitgate.model.variant import BASELINE
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome
from jitgate.statistics.limits import reaches, within
from jitgate.statistics.regression import RunChange, run_change

if TYPE_CHECKING:
    from jitgate.model.cell import Cell
    from jitgate.workloads.spec import WorkloadSpec

WANTED_ROUNDS = 30
"""More of them help little: most of the error sits between runs."""

FEWEST_ROUNDS = 10
"""A run of fewer scatters more than the runs that it is compared with."""

OFF = "There is no history to compare with: it is switched off."


class MaxRegression(GateKind):
    """Of one metric. The table's key is `max_regression`; it sets the limits of several of these kinds."""

    timed = True
    question = "fast"
    only_where_set = True
    metric: ClassVar[str]

    def parse(self, value: object, where: str) -> float:
        """`"3%"` or 0.03."""
        text = str(value).strip()
        found = re.fullmatch(r"(\d+(?:\.\d+)?) ?%", text) if isinstance(value, str) else None
        share = float(found[1]) / 100 if found else value
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 10:
            raise UsageError(f'{where}: max_regression = {value!r} must be a share above 0, as in "3%" or 0.03')
        return float(share)

    def applies(self, cell: Cell, workload: WorkloadSpec) -> bool:  # noqa: ARG002 - of every workload
        return self.metric != RATIO or cell.variant != BASELINE

    def label(self, limit: float, asked: Asked) -> str:  # noqa: ARG002 - a share says it all
        return f"max_regression.{self.metric}={limit * 100:g}%"

    def undecided(self, asked: Asked, limit: float, outcome: Outcome) -> bool:  # noqa: ARG002 - rounds alone count
        return self.needs_rounds(asked, limit)

    def needs_rounds(self, asked: Asked, limit: float) -> bool:  # noqa: ARG002 - as many for every limit
        few = self.metric != MEMORY and asked.measurement.rounds < WANTED_ROUNDS
        return few and asked.samples.failure is None

    def figure(self, asked: Asked) -> Figure | None:
        series = None if asked.past is None else asked.past.of(asked, self.metric)
        change = None if series is None else self._change(asked, series)
        if change is None:
            return None
        return Figure(f"{change.estimate:+.1%} ({_between(change)})", change.estimate, change.low, change.high)

    def explain(self, asked: Asked) -> str:
        found, now = self.figure(asked), tracked(asked, self.metric)
        if now is None:
            return "nothing measured"
        return f"{now.text}, nothing to compare with" if found is None else f"{now.text}, {found.text}"

    def judge(self, asked: Asked, limit: float) -> Judged:
        timed = self.metric != MEMORY
        wrong = (broken(asked) or noisy(asked.measurement)) if timed else None
        if asked.samples.failure is not None:
            wrong = Judged(Outcome.FAIL, f"{asked.samples.failure.sentence.rstrip('.')}.")
        if wrong is not None:
            return wrong
        if tracked(asked, self.metric) is None:
            return Judged(Outcome.INVALID, f"{self.metric} was not measured, or by too few calls.")
        if asked.past is None:
            return Judged(Outcome.INVALID, OFF, "Switch it on, or drop the gate.")
        series = asked.past.of(asked, self.metric)
        if series.problem:
            return Judged(Outcome.INVALID, f"{series.problem}.")
        change = self._change(asked, series)
        if change is None:
            return _too_short(series)
        if self.metric != MEMORY and asked.measurement.rounds < FEWEST_ROUNDS:
            few = f"{asked.measurement.rounds} rounds are too few to compare with earlier runs; {FEWEST_ROUNDS} are the"
            return Judged(Outcome.INCONCLUSIVE, f"{few} least.", "Measure longer (--jitgate-budget).")
        return self._compare(asked, series, change, limit)

    def _change(self, asked: Asked, series: PastSeries) -> RunChange | None:
        """Above 0 is worse; None where too few runs are there."""
        now = tracked(asked, self.metric)
        if now is None or now.estimate is None or series.problem or not series.comparable:
            return None
        turn = _inverse if self.metric == RATIO else float
        return run_change(
            turn(now.estimate),
            [turn(each) for each in series.accepted],
            [turn(each) for each in series.before],
            alpha=asked.alpha,
            target=None if series.target is None else turn(series.target),
        )

    def _compare(self, asked: Asked, series: PastSeries, change: RunChange, limit: float) -> Judged:
        now = tracked(asked, self.metric)
        assert now is not None and now.estimate is not None, "there is a change"  # noqa: S101, PT018 - for the checker
        said = self._said(series, change, now.text)
        both = series.direction == BOTH
        over_cap = series.cap is not None and (
            now.estimate < series.cap if self.metric == RATIO else now.estimate > series.cap
        )
        if over_cap and change.low > 0:
            most = as_text(self.metric, series.cap or 0.0)
            return Judged(Outcome.FAIL, f"{said}; the accepted change covers {most} at most.", self._advice(asked))
        if series.modes is not None and self._in_a_mode(now.estimate, series.modes, limit):
            reason = f"{said}: it jumps between them, which is no regression of one level"
            return Judged(Outcome.INCONCLUSIVE, f"{reason}.", "Find what differs from start to start.")
        if not within(change.low, limit) or (both and not reaches(change.high, -limit)):
            return Judged(Outcome.FAIL, f"{said}; {limit * 100:g}% is allowed.", self._advice(asked))
        if within(change.high, limit) and (not both or reaches(change.low, -limit)):
            return Judged(Outcome.PASS, f"{said}; {limit * 100:g}% is allowed.")
        reason = f"{said}; the limit of {limit * 100:g}% lies in between"
        fine = within(change.estimate, limit) and (not both or reaches(change.estimate, -limit))
        advice = f"These runs can tell a change of {change.margin:.1%}; more runs, or a wider limit, decide."
        return Judged(Outcome.INCONCLUSIVE, f"{reason}.", advice, lenient=fine and not series.fail_without)

    def _in_a_mode(self, now: float, modes: Modes, limit: float) -> bool:
        """Whether the worse of the two modes covers the figure, and the better one does not."""
        if self.metric == RATIO:
            return modes.low / (1 + limit) <= now < modes.high / (1 + limit)
        return modes.low * (1 + limit) < now <= modes.high * (1 + limit)

    def _said(self, series: PastSeries, change: RunChange, now: str) -> str:
        way = "worse" if change.estimate >= 0 else "better"
        runs = f"{len(series.accepted)} runs" if series.accepted else "an accepted change"
        left = f" (left out: {series.left_out_words})" if series.left_out else ""
        modes = ""
        if series.modes is not None:
            found = series.modes
            modes = (
                f"; earlier runs have two modes, {as_text(self.metric, found.low)} and "
                f"{as_text(self.metric, found.high)} ({found.gap:.1%} apart, {found.share:.0%} at the second)"
            )
        since = f", last accepted at commit {series.commit[:10]}" if series.commit else ""
        note = f"; {series.note}" if series.note else ""
        return (
            f"{self.metric.capitalize()} {now} is {abs(change.estimate):.1%} {way} ({_between(change)}) than the level "
            f"of {runs}{left}{since}{modes}{note}"
        )

    def _advice(self, asked: Asked) -> str:
        name = f"{asked.cell.id}/{self.metric}"
        return (
            f"See `jitgate history bisect-range {name}` for the commits; if it is meant, "
            f'`jitgate history accept "{name}" --reason "..."`.'
        )


def _inverse(value: float) -> float:
    """A ratio that falls is worse."""
    return 1.0 / value


def _between(change: RunChange) -> str:
    return f"{change.low:+.1%} to {change.high:+.1%}"


def _too_short(series: PastSeries) -> Judged:
    left = f" (left out: {series.left_out_words})" if series.left_out else ""
    note = f"; {series.note}" if series.note else ""
    reason = f"No history yet: run {series.runs + 1} of {series.needed}{left}{note}."
    if series.runs >= series.needed:
        reason = f"No history yet: no accepted run since the last accepted change{left}{note}."
    if series.fail_without:
        return Judged(Outcome.INVALID, reason, 'The gate says on_no_history = "fail".')
    return Judged(Outcome.INCONCLUSIVE, reason, lenient=True)


def _kind(name: str) -> MaxRegression:
    members = {
        "metric": name,
        "key": f"max_regression_{name}",
        "attribute": f"{name}_change",
        "question": "fits" if name == MEMORY else "fast",
    }
    made: MaxRegression = type(f"MaxRegression{name.capitalize()}", (MaxRegression,), members)()
    return made


def regression_kinds() -> list[GateKind]:
    """One for each metric."""
    return [_kind(metric) for metric in METRICS]
