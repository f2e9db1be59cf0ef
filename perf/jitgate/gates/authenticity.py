"""`candidate.recompiles <= max_recompiles`: a variant runs what its name says, and only runs while it is timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.gates.kind import Asked, GateKind, Judged
from jitgate.gates.validity import fell_back, in_words, recompiled, sentence
from jitgate.model.variant import BASELINE
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome

if TYPE_CHECKING:
    from jitgate.config.policy import Policy
    from jitgate.model.cell import Cell
    from jitgate.workloads.spec import WorkloadSpec


class MaxRecompiles(GateKind):
    """How often anything may be recompiled, broken or captured again inside timed turns: 0 unless a test says more."""

    key, attribute = "max_recompiles", "recompiles"
    configurable = False
    smoke = True

    def applies(self, cell: Cell, workload: WorkloadSpec) -> bool:  # noqa: ARG002 - of every workload
        return cell.variant != BASELINE

    def default(self, policy: Policy, asked: Asked) -> float:  # noqa: ARG002 - it is the same for all
        return 0.0

    def figure(self, asked: Asked) -> Figure:
        events = asked.samples.recompiles
        return Figure.exact(sum(events.values()), in_words(events) or "no recompiles")

    def judge(self, asked: Asked, limit: float) -> Judged:
        samples = asked.samples
        if samples.failure is not None:
            return Judged(Outcome.FAIL, sentence(samples.failure.sentence))
        other = fell_back(samples)
        if other is not None:
            return Judged(Outcome.INVALID, other)
        found = recompiled(samples, int(limit))
        timed = ", and it did not recompile while being timed" if asked.measurement.rounds else ""
        return found or Judged(Outcome.PASS, f"It runs what its name says{timed}.")
