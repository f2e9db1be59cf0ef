"""`baseline.stage_shares <= stage_tolerance`: the stages of a pipeline account for the whole call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.engines.staged import is_staged
from jitgate.gates.kind import Asked, GateKind, Judged
from jitgate.model.pipeline_cost import cost
from jitgate.model.variant import BASELINE
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome
from jitgate.statistics.limits import within

if TYPE_CHECKING:
    from jitgate.model.cell import Cell
    from jitgate.workloads.spec import WorkloadSpec

MOST_OFF = 0.02
"""By which stages may miss the whole, and a whole its prediction. Stages that overlap, or are timed twice, miss it by a
whole stage; caches and memory that one stage leaves to the next move others by a per cent or so, which is worth saying
and not worth a red test."""


class StageShares(GateKind):
    """Stages and what is between them add up to the whole call, to within the limit.

    Where stages run at the same time, none of them takes longer than the whole.
    """

    key, attribute = "stage_tolerance", "stage_shares"
    question = "right"
    alone = False
    default_limit = MOST_OFF
    configurable = False

    def applies(self, cell: Cell, workload: WorkloadSpec) -> bool:
        return cell.variant == BASELINE and any(map(is_staged, workload.variants))

    def label(self, limit: float, asked: Asked) -> str:  # noqa: ARG002 - the limit says it all
        return f"stage_shares=100%+-{limit:.0%}"

    def figure(self, asked: Asked) -> Figure | None:
        found = cost(asked.measurement)
        if found is None:
            return None
        if found.overlapping:
            return Figure.exact(max(0.0, found.longest - 1), f"{found.longest:.1%} at most, of stages that overlap")
        return Figure.exact(abs(found.together - 1), f"{found.together:.1%} in all")

    def judge(self, asked: Asked, limit: float) -> Judged:
        found = cost(asked.measurement)
        if found is None:
            return Judged(Outcome.INVALID, "No stage was timed.")
        if found.overlapping:
            said = f"The longest stage is {found.longest:.1%} of the whole; stages run at the same time."
            good = within(max(0.0, found.longest - 1), limit)
            return Judged(Outcome.PASS if good else Outcome.FAIL, said, "" if good else "Some stage is timed twice.")
        said = f"The stages and what is between them add up to {found.together:.1%} of the whole."
        if within(abs(found.together - 1), limit):
            return Judged(Outcome.PASS, said)
        return Judged(Outcome.FAIL, said, "Some stage is timed twice, or within another.")
