"""`max_memory_ratio`: peak memory of steady calls is at most so many times the baseline's."""

from __future__ import annotations

from jitgate.gates.kind import Asked, Judged
from jitgate.model.figures import ProcessRun
from jitgate.model.size import format_bytes
from jitgate.report.format import format_ratio
from jitgate.statistics import Interval, Outcome

from jitgate_cosyvoice.gates.evidence import RatioClaim

LEAST_WIDTH = 0.005
"""Half-width of a ratio of memories at least: allocators work in pages and pools."""


class MaxMemoryRatio(RatioClaim):
    """The limit is a ratio, as in 1.05."""

    key, attribute = "max_memory_ratio", "memory_ratio"
    least_width = LEAST_WIDTH

    def label(self, limit: float, asked: Asked) -> str:  # noqa: ARG002 - the limit says it all
        return f"memory at most {limit:.0%} of eager's"

    def read(self, run: ProcessRun) -> float | None:
        """The peak of steady calls: what a process takes while it works, loading left out."""
        return None if run.memory is None else run.memory.steady_peak_bytes

    def text(self, ratio: Interval, usual: float, taken: float) -> str:
        return f"{format_ratio(ratio)} of eager's {format_bytes(round(usual))}, {format_bytes(round(taken))}"

    def compare(self, asked: Asked, limit: float) -> Judged:
        ratio = self.ratio(asked)
        if ratio is None:
            return Judged(Outcome.INCONCLUSIVE, "This platform gives no peak memory of steady calls alone.")
        if ratio.high <= limit:
            return Judged(Outcome.PASS, f"It is at most {limit:.0%} of eager's.")
        if ratio.low > limit:
            return Judged(Outcome.FAIL, f"It is more than {limit:.0%} of eager's.")
        return self.within(asked)
