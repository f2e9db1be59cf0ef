"""`variant.memory_growth <= max_memory_growth`: calls leave nothing behind."""

from __future__ import annotations

from jitgate.gates.kind import Asked, GateKind, Judged
from jitgate.model.size import format_bytes
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome


class MaxMemoryGrowth(GateKind):
    """Bytes by which a call may leave memory larger; 0 unless a test says more."""

    key, attribute = "max_memory_growth", "memory_growth"
    question = "fits"
    alone = False
    default_limit = 0.0
    configurable = False

    def figure(self, asked: Asked) -> Figure | None:
        found = asked.samples.growth
        return None if found is None else Figure.exact(found.slope, f"{format_bytes(round(found.slope))} a call")

    def compare(self, asked: Asked, limit: float) -> Judged:
        found = asked.samples.growth
        if found is None:
            readings = sum(map(len, asked.samples.levels))
            few = f"{readings} readings are too few to see whether memory grows."
            return Judged(Outcome.INCONCLUSIVE, few, "Measure longer (--jitgate-budget).")
        if not found.leaks:
            return Judged(Outcome.PASS, f"Memory did not keep growing over {found.calls} calls.")
        slope = format_bytes(round(found.slope))
        if found.slope <= limit:
            return Judged(Outcome.PASS, f"Memory grows by {slope} a call, which is allowed.")
        return Judged(
            Outcome.FAIL,
            f"Memory grows by {slope} a call, all through {found.calls} calls.",
            "Find what keeps hold of what a call makes.",
        )
