"""Slow calls: a percentile of the durations, in milliseconds or against the baseline's."""

from __future__ import annotations

import math

from jitgate.gates.kind import Asked, Judged
from jitgate.gates.speed import RATIO, ratio
from jitgate.gates.timed import OF_THESE_STARTS, TimedKind
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome, fewest_calls, tail, tail_speedup
from jitgate.statistics.limits import reaches, within

LONGER = "Measure longer (--jitgate-budget) to decide."
NOTHING = Judged(Outcome.INVALID, "Nothing was measured: no round was finished.")


class MaxLatency(TimedKind):
    """`variant.p95_ms <= max_p95_ms`: that share of the steady calls ends within so many milliseconds."""

    expected = "above 0: milliseconds, as in 150"
    only_where_set = True
    percentile: int

    def figure(self, asked: Asked) -> Figure | None:
        durations_s = asked.samples.durations_s
        if not durations_s:
            return None
        found = tail(durations_s, self.percentile / 100, alpha=asked.alpha)
        text = f"p{self.percentile} {found.estimate * 1e3:.3g} ms in {len(durations_s)} calls"
        return Figure(text, found.estimate * 1e3, found.low * 1e3, found.high * 1e3)

    def compare(self, asked: Asked, limit: float) -> Judged:
        durations_s = asked.samples.durations_s
        if not durations_s:
            return NOTHING
        name, found = f"p{self.percentile}", tail(durations_s, self.percentile / 100, alpha=asked.alpha)
        if within(found.high, limit / 1e3):
            return Judged(
                Outcome.PASS, f"{name} is at most {_ms(found.high)}, and {limit:g} ms are allowed. {OF_THESE_STARTS}"
            )
        if not within(found.low, limit / 1e3):
            return Judged(
                Outcome.FAIL,
                f"{name} is at least {_ms(found.low)}, but {limit:g} ms are allowed. {OF_THESE_STARTS}",
                "Find what makes single calls slow, or raise the limit if that is intended.",
            )
        few = _too_few(len(durations_s), self.percentile, asked.alpha)
        between = f"{name} is between {_ms(found.low)} and {_ms(found.high)}, and {limit:g} ms lie in between."
        return Judged(Outcome.INCONCLUSIVE, few or between, LONGER)


class MinTailSpeedup(TimedKind):
    """`candidate.speedup_p95 >= min_speedup_p95`: the slow calls, against the baseline's and its control's."""

    operator = ">="
    expected = RATIO
    only_where_set = True
    against_baseline = True
    percentile: int

    def label(self, limit: float, asked: Asked) -> str:  # noqa: ARG002 - the baseline is eager
        return f"{self.key}={ratio(limit)}"

    def figure(self, asked: Asked) -> Figure | None:
        ends = self._ends(asked)
        if ends is None:
            return None
        low, high = ends
        return Figure(f"p{self.percentile} {low:.2f} to {high:.2f} times the baseline's speed", None, low, high)

    def compare(self, asked: Asked, limit: float) -> Judged:
        ends = self._ends(asked)
        if ends is None:
            return NOTHING
        name, (low, high) = f"p{self.percentile}", ends
        if reaches(low, limit):
            said = f"{name} is at least {low:.3f} times the baseline's; {limit:g} was asked. {OF_THESE_STARTS}"
            return Judged(Outcome.PASS, said)
        if not reaches(high, limit):
            return Judged(
                Outcome.FAIL,
                f"{name} is at most {high:.3f} times as fast as the baseline's, but {limit:g} was asked for. "
                f"{OF_THESE_STARTS}",
                "Find what makes single calls slow, or lower the limit if that is intended.",
            )
        fewest = min(len(asked.measurement.all_samples[name].durations_s) for name in self._arms(asked))
        few = _too_few(fewest, self.percentile, asked.alpha / 2)
        between = f"{name} is between {low:.3f} and {high:.3f} times the baseline's speed; {limit:g} lies in between."
        return Judged(Outcome.INCONCLUSIVE, few or between, LONGER)

    def _ends(self, asked: Asked) -> tuple[float, float] | None:
        found = [asked.measurement.all_samples.get(name) for name in self._arms(asked)]
        if any(samples is None or not samples.durations_s or samples.failure is not None for samples in found):
            return None
        base, control, own = (samples.durations_s for samples in found if samples is not None)
        both = [tail_speedup(other, own, self.percentile / 100, alpha=asked.alpha) for other in (base, control)]
        return min(each.low for each in both), max(each.high for each in both)

    @staticmethod
    def _arms(asked: Asked) -> tuple[str, str, str]:
        return BASELINE, CONTROL, asked.cell.variant


class MaxP95(MaxLatency):
    key, attribute, percentile = "max_p95_ms", "p95_ms", 95


class MaxP99(MaxLatency):
    key, attribute, percentile = "max_p99_ms", "p99_ms", 99


class MinSpeedupP95(MinTailSpeedup):
    key, attribute, percentile = "min_speedup_p95", "speedup_p95", 95


class MinSpeedupP99(MinTailSpeedup):
    key, attribute, percentile = "min_speedup_p99", "speedup_p99", 99


def _too_few(calls: int, percentile: int, alpha: float) -> str | None:
    needed = fewest_calls(percentile / 100, alpha=alpha)
    if calls >= needed:
        return None
    return f"{calls} calls are too few to bound p{percentile} from above; {needed} independent ones are the least."


def _ms(seconds: float) -> str:
    return "any duration" if math.isinf(seconds) else f"{seconds * 1e3:.4g} ms"
