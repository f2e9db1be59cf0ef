"""`candidate.speedup >= min_speedup`: the variant stays at least so many times as fast as its baseline."""

from __future__ import annotations

import math

from jitgate.gates.kind import Asked, Judged
from jitgate.gates.timed import TimedKind
from jitgate.gates.validity import broken, noise_floor, noisy, reported_speedup, speedup_of
from jitgate.model.variant import BASELINE
from jitgate.model.verdict import Figure
from jitgate.statistics import Decision, Outcome, Speedup, judge
from jitgate.statistics.need import Need, need

STARTED = "freshly started processes"
"""What `jitgate judge` advises too, which has no option for it."""

RATIO = "above 0: a ratio, as in 1.10 for 10 % faster"
"""What a limit on a speed-up has to be."""


class MinSpeedup(TimedKind):
    """A ratio of medians of paired rounds, judged by its interval. Undecided as long as the limit lies inside of it."""

    key, attribute, operator, heading = "min_speedup", "speedup", ">=", "speed-up"
    expected = RATIO
    against_baseline = True
    records = True

    def label(self, limit: float, asked: Asked) -> str:
        return f"{self.key}={ratio(limit)}" + ("" if asked.baseline == BASELINE else f" of {asked.baseline}")

    def figure(self, asked: Asked) -> Figure | None:
        there = asked.measurement.all_samples
        found = speedup_of(asked) if asked.cell.variant in there and asked.baseline in there else None
        if found is None:
            return None
        interval = found.interval
        return Figure(_text(asked, found), interval.estimate, interval.low, interval.high)

    def explain(self, asked: Asked) -> str:
        figure, found = self.figure(asked), speedup_of(asked)
        if figure is None or found is None:
            return "nothing measured"
        known = math.isfinite(found.mde)
        words = "too few pairs to say what they could show"
        smallest = f"smallest effect these pairs could show {found.mde:.1%}" if known else words
        return f"{figure.text} in {found.pairs} pairs, noise floor {found.noise_floor:.1%}, {smallest}"

    def column(self, asked: Asked, limit: float | None) -> str:
        if asked.cell.variant == BASELINE:
            floor = noise_floor(asked.measurement, asked.alpha)
            return "baseline" if floor is None else f"noise floor {floor:.1%}"
        found = self.figure(asked)
        if found is None:
            return "-"
        if limit is None:
            return reported_text(asked)
        return f"{found.text}, gate {limit:g}" + ("" if asked.baseline == BASELINE else f" of {asked.baseline}")

    def needs_rounds(self, asked: Asked, limit: float) -> bool:
        wanted = self._need(asked, limit)
        return super().needs_rounds(asked, limit) if wanted is None else wanted.rounds

    def needs_starts(self, asked: Asked, limit: float) -> bool:
        wanted = self._need(asked, limit)
        return wanted is not None and wanted.starts

    def _need(self, asked: Asked, limit: float) -> Need | None:
        """What may still decide it; None where starts do not count, or the comparison can't be believed."""
        if broken(asked) is not None or noisy(asked.measurement) is not None:
            return None
        speedup = speedup_of(asked)
        return None if speedup is None or speedup.starts is None else need(speedup, limit)

    def compare(self, asked: Asked, limit: float) -> Judged:
        speedup = speedup_of(asked)
        if speedup is None:
            return Judged(
                Outcome.INVALID, "Nothing was measured: no round in which baseline and candidate both finished."
            )
        return _judged(judge(speedup, limit))


def _judged(decision: Decision) -> Judged:
    """Reason and advice apart, as every kind has them."""
    if not decision.advice:
        return Judged(decision.outcome, decision.reason)
    before, _, after = decision.reason.partition(f"{decision.advice}.")
    advice = f"{decision.advice[0].upper()}{decision.advice[1:]}"
    if decision.pairs_needed is not None:
        advice += ", with a larger --jitgate-budget"
    elif "--jitgate" not in advice:
        advice = advice.replace(STARTED, f"{STARTED} (--jitgate-processes)")
    return Judged(decision.outcome, f"{before.rstrip(' :;')}.{after}", f"{advice}.")


def reported_text(asked: Asked, mark: str = "not gated") -> str:
    """`1.17x (1.09 to 1.25, not gated)`: with the ordinary interval, which decides nothing. mark: "" for none."""
    found, plain = speedup_of(asked), reported_speedup(asked)
    if found is None:
        return "-"
    between = "1 pair" if plain is None else f"{plain.low:.2f} to {plain.high:.2f}"
    return f"{found.interval.estimate:.2f}x ({between}{', ' if mark else ''}{mark})"


def _text(asked: Asked, found: Speedup) -> str:
    """The interval that is judged; while there is none yet, the ordinary one with that mark."""
    return found.text if math.isfinite(found.interval.high) else reported_text(asked, "95 %, not decided")


def ratio(value: float) -> str:
    """A ratio as people configure it: two digits, more where there are more."""
    return f"{value:.2f}" if round(value, 2) == value else repr(value)
