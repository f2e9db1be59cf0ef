"""`min_log_mel_db`: a listener can tell the output from float32's; for claims that something hurts the sound."""

from __future__ import annotations

from jitgate.gates.accuracy import Tolerance
from jitgate.gates.kind import Asked, Judged
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome

from jitgate_cosyvoice.gates.evidence import Claim


class MinLogMelDistance(Claim):
    """The limit is a log-mel distance in dB. What is no sound is judged by the workload's tolerance instead.

    Weights are whatever the workload has: seeded ones make no voice.
    """

    key, attribute, operator = "min_log_mel_db", "log_mel_db", ">="
    against_baseline = True

    def label(self, limit: float, asked: Asked) -> str:  # noqa: ARG002 - the limit says it all
        return f"more than {limit:g} dB from float32's sound"

    def figure(self, asked: Asked) -> Figure | None:
        accuracy = asked.samples.accuracy
        if accuracy is None:
            return None
        rel_l2 = f"relative L2 error {accuracy.rel_l2:.1e}"
        if accuracy.log_mel_db is None or accuracy.not_finite:
            return Figure(rel_l2)
        return Figure.exact(accuracy.log_mel_db, f"log-mel distance {accuracy.log_mel_db:.2g} dB, {rel_l2}")

    def compare(self, asked: Asked, limit: float) -> Judged:
        right, accuracy = Tolerance().judge(asked, asked.samples.tolerance), asked.samples.accuracy
        if right.outcome is Outcome.INVALID or accuracy is None:
            return right
        if accuracy.log_mel_db is None or accuracy.not_finite:
            return Judged(Outcome.FAIL if right.outcome is Outcome.PASS else Outcome.PASS, right.reason)
        if accuracy.log_mel_db > limit:
            return Judged(Outcome.PASS, f"More than {limit:g} dB away from float32's, which listeners tell apart.")
        return Judged(Outcome.FAIL, f"Within {limit:g} dB of float32's, which listeners don't tell apart.")
