"""`max_speedup`: less than so many times as fast as the baseline; for claims that something does not pay."""

from __future__ import annotations

from typing import ClassVar

from jitgate.gates.kind import Asked, Judged
from jitgate.gates.speed import ratio
from jitgate.statistics import Outcome

from jitgate_cosyvoice.gates.promised_speedup import PromisedSpeedup

OPPOSITE = {Outcome.PASS: Outcome.FAIL, Outcome.FAIL: Outcome.PASS}


class MaxSpeedup(PromisedSpeedup):
    """PASS where the variant is slower than the limit, which is a ratio."""

    key, attribute, fixture = "max_speedup", "lasting_gain", "max_speedup"
    operator: ClassVar[str] = "<="

    def label(self, limit: float, asked: Asked) -> str:
        return f"less than {ratio(limit)} times as fast as {asked.baseline}"

    def pairs(self, asked: Asked, limit: float) -> Judged:
        found = super().pairs(asked, limit)
        advice = "" if found.outcome in OPPOSITE else found.advice  # what to do where it is slow, which is meant here
        return Judged(OPPOSITE.get(found.outcome, found.outcome), found.reason, advice)
