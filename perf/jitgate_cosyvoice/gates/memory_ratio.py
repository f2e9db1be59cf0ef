"""`max_memory_ratio`: peak memory of steady calls is at most so many times the baseline's."""

from __future__ import annotations

from statistics import geometric_mean

from jitgate.gates.kind import Asked, GateKind, Judged
from jitgate.model.figures import ProcessRun
from jitgate.model.size import format_bytes
from jitgate.model.verdict import Figure
from jitgate.report.format import format_ratio
from jitgate.statistics import Outcome

from jitgate_cosyvoice.gates.evidence import Figures, figures, lacking, ratio_of, undecided

LEAST_WIDTH = 0.005
"""Half-width of a ratio of memories at least: allocators work in pages and pools."""


class MaxMemoryRatio(GateKind):
    """The limit is a ratio, as in 1.05."""

    key, attribute = "max_memory_ratio", "memory_ratio"

    def label(self, limit: float, asked: Asked) -> str:  # noqa: ARG002 - the limit says it all
        return f"memory at most {limit:.0%} of eager's"

    def figure(self, asked: Asked) -> Figure | None:
        found = _peaks(asked)
        ratio = ratio_of(found, LEAST_WIDTH)
        if ratio is None:
            return None
        usual, taken = (format_bytes(round(geometric_mean(peaks))) for peaks in found)
        text = f"{format_ratio(ratio)} of eager's {usual}, {taken}"
        return Figure(text, ratio.estimate, ratio.low, ratio.high)

    def judge(self, asked: Asked, limit: float) -> Judged:
        return lacking(asked) or self._compare(asked, limit)

    def _compare(self, asked: Asked, limit: float) -> Judged:
        found = _peaks(asked)
        ratio = ratio_of(found, LEAST_WIDTH)
        if ratio is None:
            return Judged(Outcome.INCONCLUSIVE, "This platform gives no peak memory of steady calls alone.")
        if ratio.high <= limit:
            return Judged(Outcome.PASS, f"It is at most {limit:.0%} of eager's.")
        if ratio.low > limit:
            return Judged(Outcome.FAIL, f"It is more than {limit:.0%} of eager's.")
        return undecided(asked.cell.variant, len(found[1]))


def _peaks(asked: Asked) -> Figures:
    return figures(asked, _peak)


def _peak(run: ProcessRun) -> float | None:
    """The peak of steady calls: what a process takes while it works, loading left out."""
    peak = run.memory.steady_peak_bytes if run.memory is not None else None
    return float(peak) if peak else None
