"""`variant.memory_growth <= max_memory_growth`: calls leave nothing behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.gates.kind import Asked, GateKind, Judged
from jitgate.gates.validity import sentence
from jitgate.model.size import format_bytes
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome

if TYPE_CHECKING:
    from jitgate.config.policy import Policy
    from jitgate.statistics import Growth


class MaxMemoryGrowth(GateKind):
    """Bytes by which a call may leave memory larger; 0 unless a test says more."""

    key, attribute = "max_memory_growth", "memory_growth"
    configurable = False

    def default(self, policy: Policy, asked: Asked) -> float:  # noqa: ARG002 - it is the same for all
        return 0.0

    def figure(self, asked: Asked) -> Figure | None:
        found = asked.samples.growth
        return None if found is None else Figure.exact(found.slope, f"{format_slope(found)} a call")

    def judge(self, asked: Asked, limit: float) -> Judged:
        samples = asked.samples
        if samples.failure is not None:
            return Judged(Outcome.FAIL, sentence(samples.failure.sentence))
        found = samples.growth
        if found is None:
            readings = sum(map(len, samples.levels))
            return Judged(Outcome.INCONCLUSIVE, f"{readings} readings are too few to see whether memory grows.")
        if not found.leaks:
            return Judged(Outcome.PASS, f"Memory did not keep growing over {found.calls} calls.")
        if found.slope <= limit:
            return Judged(Outcome.PASS, f"Memory grows by {format_slope(found)} a call, which is allowed.")
        return Judged(
            Outcome.FAIL,
            f"Memory grows by {format_slope(found)} a call, all through {found.calls} calls.",
            "Find what keeps hold of what a call makes.",
        )


def format_slope(found: Growth) -> str:
    """Bytes a call as people say it."""
    return format_bytes(round(found.slope))
