"""`max_slowdown = "3%"`: the head is not slower than another commit by more than that."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import ClassVar

from jitgate.gates.base_validity import NEW, arms, broken_base, change_of, is_new
from jitgate.gates.kind import Asked, GateKind, Judged
from jitgate.gates.timed import OF_THESE_STARTS
from jitgate.gates.validity import noisy
from jitgate.model.errors import UsageError
from jitgate.model.variant import BASE, COPY, arm
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome, judge

USUAL = 0.03
"""Where a session has a base and no gate sets a limit: above what equal commits differ by on a quiet machine, below
what a reviewer would want to know."""

UNCONFIRMED = "It has to be seen again in workers that are built and started for it, and was not."


class Slowdown(GateKind):
    """Of one metric. The table's key is `max_slowdown`; it sets the limits of several of these kinds.

    A FAIL stands only if the same was found in workers that were built and started afresh: code that is laid out in
    memory in another way can be slower in every round of one start, and not in the next.
    """

    question = "fast"
    needs_base = True
    metric: ClassVar[str]

    def parse(self, value: object, where: str) -> float:
        """`"3%"` or 0.03."""
        found = re.fullmatch(r"(\d+(?:\.\d+)?) ?%", value.strip()) if isinstance(value, str) else None
        share = float(found[1]) / 100 if found else value
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share < 10:
            raise UsageError(f'{where}: max_slowdown = {value!r} must be a share above 0, as in "3%" or 0.03')
        return float(share)

    def label(self, limit: float, asked: Asked) -> str:  # noqa: ARG002 - a share says it all
        return f"max_slowdown.{self.metric}={limit * 100:g}%"

    def compared_with(self, asked: Asked) -> tuple[str, ...]:
        return arm(asked.cell.variant, BASE), arm(asked.cell.variant, COPY)

    def judge(self, asked: Asked, limit: float) -> Judged:
        first = self.once(asked, limit)
        again = asked.measurement.confirmation
        if first.outcome is not Outcome.FAIL or asked.samples.failure is not None:
            return first
        if again is None:
            return Judged(Outcome.INCONCLUSIVE, first.reason, UNCONFIRMED)
        second = self.once(replace(asked, measurement=again), limit)
        if second.outcome is Outcome.FAIL:
            return Judged(Outcome.FAIL, first.reason, f"Confirmed in workers built and started again: {second.reason}")
        what = f"{first.reason} Built and started again: {second.reason}"
        return Judged(
            Outcome.INCONCLUSIVE, what, "The difference is of one start, and not of the commit; run it again."
        )

    def wants_confirmation(self, asked: Asked, limit: float) -> bool:
        """Whether only a second look is missing."""
        judged = self.once(asked, limit)
        missing = asked.measurement.confirmation is None and asked.samples.failure is None
        return judged.outcome is Outcome.FAIL and missing

    def once(self, asked: Asked, limit: float) -> Judged:
        """The verdict of one set of workers."""
        return broken_base(asked) or noisy(asked.measurement) or self.compare(asked, limit)

    def by_ends(self, asked: Asked, found: Figure, limit: float, what: str) -> Judged:
        """A figure with a low and a high end against the limit."""
        base = asked.measurement.base
        since = "" if base is None else f" since {base.text}"
        said = f"{what}: {found.text}{since}, and {limit * 100:g}% is allowed."
        if found.high is not None and found.high <= limit:
            return Judged(Outcome.PASS, f"{said} {OF_THESE_STARTS}" if self.timed else said)
        if found.low is not None and found.low > limit:
            return Judged(Outcome.FAIL, said)
        return Judged(Outcome.INCONCLUSIVE, said, "Measure longer (--jitgate-budget), or allow more.")

    def undecided(self, asked: Asked, limit: float, outcome: Outcome) -> bool:
        unsure = self.timed and self.once(asked, limit).outcome in (Outcome.INCONCLUSIVE, Outcome.INVALID)
        return unsure and broken_base(asked) is None and outcome is not Outcome.PASS

    def column(self, asked: Asked, limit: float | None) -> str:  # noqa: ARG002 - the row has it
        if is_new(asked):
            return NEW.split(":")[0].lower()
        found = None if broken_base(asked) is not None else self.figure(asked)
        return "-" if found is None else found.text


class MaxSlowdownTime(Slowdown):
    """Of the median of a round's calls, by pairs: base, its copy and head take their turns in one round."""

    key, attribute, heading, metric = "max_slowdown_time", "slowdown", "time of a call", "time"
    timed = True
    default_limit = USUAL

    def figure(self, asked: Asked) -> Figure | None:
        found = change_of(asked)
        if found is None:
            return None
        estimate, low, high = (
            slower(each) for each in (found.interval.estimate, found.interval.high, found.interval.low)
        )
        if not math.isfinite(high):
            return Figure(f"{estimate:+.1%} ({found.pairs} pairs, no interval yet)", estimate)
        return Figure(f"{estimate:+.1%} ({between(low, high)})", estimate, low, high)

    def explain(self, asked: Asked) -> str:
        found, figure = change_of(asked), self.figure(asked)
        if found is None or figure is None:
            return "nothing measured"
        return f"{figure.text} in {found.pairs} pairs, base against its copy {found.noise_floor:.1%}"

    def compare(self, asked: Asked, limit: float) -> Judged:
        found, figure, base = change_of(asked), self.figure(asked), asked.measurement.base
        if found is None or figure is None or base is None:
            return Judged(Outcome.INVALID, "Nothing was measured: no round in which base and head both finished.")
        decision = judge(found, 1 / (1 + limit))
        if decision.outcome is Outcome.INVALID:
            return Judged(Outcome.INVALID, decision.reason.replace("the baseline", "the base"))
        times = " and ".join(f"{(each.median_s or 0) * 1e3:.4g} ms" for each in (arms(asked)[0], asked.samples))
        said = (
            f"A call takes {figure.text} since {base.text} ({times}, {found.pairs} pairs; the base against its copy "
            f"{found.noise_floor:.1%}), and {limit * 100:g}% is allowed."
        )
        if decision.outcome is Outcome.INCONCLUSIVE:
            more = decision.pairs_needed
            advice = (
                f"Measure about {more} more rounds (--jitgate-budget)." if more else "Quiet the machine, or allow more."
            )
            return Judged(Outcome.INCONCLUSIVE, said, advice)
        passed = decision.outcome is Outcome.PASS
        return Judged(decision.outcome, f"{said} {OF_THESE_STARTS}" if passed else said)


def between(low: float, high: float) -> str:
    """`+1.0% to +4.0%`."""
    return f"{low:+.1%} to {high:+.1%}"


def slower(ratio: float) -> float:
    """Base / head as a change of the time: 0.04 is 4 % slower."""
    return math.inf if ratio == 0 else (1 / ratio - 1 if math.isfinite(ratio) else -1.0)
