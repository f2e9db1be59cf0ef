"""`candidate.rel_l2 <= tolerance`: the output is eager float32's, within the tolerance of its precision."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jitgate.gates.kind import Asked, GateKind, Judged, sentence
from jitgate.gates.output import difference, is_right, token_agreement
from jitgate.gates.validity import not_compared
from jitgate.model.tolerance import LOG_MEL_DB
from jitgate.model.variant import BASELINE
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome

if TYPE_CHECKING:
    from jitgate.config.policy import Policy


class Tolerance(GateKind):
    """The limit is the workload's tolerance for the variant's precision; see `jitgate.model.tolerance`."""

    key, attribute, heading = "tolerance", "rel_l2", "rel. L2 error"
    question = "right"
    against_baseline = True
    configurable = False
    smoke = True

    def default(self, policy: Policy, asked: Asked) -> float:  # noqa: ARG002 - it comes with the samples
        return asked.samples.tolerance

    def label(self, limit: float, asked: Asked) -> str:
        accuracy = asked.samples.accuracy
        perceptual = accuracy is not None and accuracy.perceptual
        return f"log_mel_db={LOG_MEL_DB:g}" if perceptual else f"rel_l2={limit:g}"

    def figure(self, asked: Asked) -> Figure | None:
        rel_l2 = asked.samples.rel_l2
        return None if rel_l2 is None else Figure.exact(rel_l2, f"{rel_l2:.0e}")

    def compare(self, asked: Asked, limit: float) -> Judged:
        samples, measurement = replace(asked.samples, tolerance=limit), asked.measurement
        if samples.accuracy is None:
            baseline = measurement.all_samples[BASELINE].failure
            why = f", because there is none: {baseline.sentence}" if baseline is not None else ""
            return Judged(Outcome.INVALID, sentence(f"The output was not compared with the baseline's{why}"))
        no_answer = not_compared(measurement)
        if no_answer is not None:
            return no_answer
        if not is_right(samples):
            return Judged(Outcome.FAIL, f"The output is not the baseline's: {difference(samples)}.")
        accuracy = samples.accuracy
        equal = f", and all {accuracy.integers} integers are equal" if accuracy.integers else ""
        equal += f", and {token_agreement(samples)}" if accuracy.ids else ""
        if accuracy.perceptual:
            return Judged(
                Outcome.PASS, f"Log-mel distance {accuracy.log_mel_db:.2g} dB is within {LOG_MEL_DB:g} dB{equal}."
            )
        return Judged(Outcome.PASS, f"Relative L2 error {accuracy.rel_l2:.1e} is within {limit:g}{equal}.")
