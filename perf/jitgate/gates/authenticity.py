"""`candidate.recompiles <= max_recompiles`: a variant runs what its name says, and only runs while it is timed."""

from __future__ import annotations

from jitgate.gates.kind import Asked, GateKind, Judged
from jitgate.gates.validity import fell_back, in_words, recompiled
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome


class MaxRecompiles(GateKind):
    """How often anything may be recompiled, broken or captured again inside timed turns: 0 unless a test says more."""

    key, attribute = "max_recompiles", "recompiles"
    question = "right"
    alone = False
    default_limit = 0.0
    against_baseline = True
    configurable = False
    smoke = True

    def figure(self, asked: Asked) -> Figure:
        events = asked.samples.recompiles
        return Figure.exact(sum(events.values()), in_words(events) or "no recompiles")

    def compare(self, asked: Asked, limit: float) -> Judged:
        samples = asked.samples
        other = fell_back(samples)
        if other is not None:
            return Judged(Outcome.INVALID, other)
        found = recompiled(samples, int(limit))
        timed = ", and it did not recompile while being timed" if asked.measurement.rounds else ""
        return found or Judged(Outcome.PASS, f"It runs what its name says{timed}.")
