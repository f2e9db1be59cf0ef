"""`min_start_ratio`: loading and the first call together take at least so many times as long as the baseline's.

The export is left out, and so is building the module, which the baseline needs too.
"""

from __future__ import annotations

from jitgate.gates.kind import Asked, Judged
from jitgate.model.figures import ProcessRun
from jitgate.report.format import format_ratio, format_seconds
from jitgate.statistics import Interval, Outcome

from jitgate_cosyvoice.gates.evidence import RatioClaim

LEAST_WIDTH = 0.10
"""Half-width of a ratio of first calls at least: files in the page cache or not, cores asleep or not."""


class MinStartRatio(RatioClaim):
    """The limit is a ratio; 1.0 asks for a slower start than the baseline's."""

    key, attribute, operator = "min_start_ratio", "start_ratio", ">="
    least_width = LEAST_WIDTH

    def label(self, limit: float, asked: Asked) -> str:  # noqa: ARG002 - the limit says it all
        return "load and first call slower than eager's" if limit == 1 else f"start at least {limit:g} times eager's"

    def read(self, run: ProcessRun) -> float | None:
        cold = run.cold_start
        return None if cold.load_s is None or cold.first_call_s is None else cold.load_s + cold.first_call_s

    def text(self, ratio: Interval, usual: float, taken: float) -> str:
        return f"{format_seconds(taken)} against eager's {format_seconds(usual)}: {format_ratio(ratio)}"

    def compare(self, asked: Asked, limit: float) -> Judged:
        ratio = self.ratio(asked)
        if ratio is None:
            return Judged(Outcome.INVALID, "The first calls were not timed.")
        times = "" if limit == 1 else f"{limit:g} times "
        if ratio.low > limit:
            return Judged(Outcome.PASS, f"Load and first call take longer than {times}eager's.")
        if ratio.high < limit:
            return Judged(Outcome.FAIL, f"Load and first call take less than {times}eager's.")
        return self.within(asked)
