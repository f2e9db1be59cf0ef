"""`max_slowdown = { p95 = "10%" }`: the slow calls are not slower than another commit's by more than that."""

from __future__ import annotations

import math

from jitgate.gates.base_validity import arms
from jitgate.gates.kind import Asked, Judged
from jitgate.gates.slowdown import Slowdown, between, slower
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome, tail_speedup

PERCENTILE = 0.95


class MaxSlowdownP95(Slowdown):
    """Of the 95th percentile of all steady calls, against both checkouts of the base: it must hold against each."""

    key, attribute, heading, metric = "max_slowdown_p95", "slowdown_p95", "p95 of calls", "p95"
    timed = True
    only_where_set = True

    def figure(self, asked: Asked) -> Figure | None:
        found = (*arms(asked), asked.samples)
        if any(not samples.durations_s for samples in found):
            return None
        base, copy, head = (samples.durations_s for samples in found)
        both = [tail_speedup(other, head, PERCENTILE, alpha=asked.alpha) for other in (base, copy)]
        low, high = slower(max(each.high for each in both)), slower(min(each.low for each in both))
        few = not math.isfinite(high) or low <= -1.0
        return Figure(f"{len(head)} calls are too few" if few else between(low, high), None, low, high)

    def compare(self, asked: Asked, limit: float) -> Judged:
        found = self.figure(asked)
        if found is None or found.low is None or found.high is None:
            return Judged(Outcome.INVALID, "Nothing was measured: base or head finished no round.")
        if not math.isfinite(found.high) or found.low <= -1.0:
            few = f"{len(asked.samples.durations_s)} calls are too few to compare their 95th percentiles."
            return Judged(Outcome.INCONCLUSIVE, few, "Measure longer (--jitgate-budget).")
        return self.by_ends(asked, found, limit, "The 95th percentile of the calls")
