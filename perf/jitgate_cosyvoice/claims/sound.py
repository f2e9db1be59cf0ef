"""Claims about what a listener hears."""

from __future__ import annotations

from dataclasses import dataclass

from jitgate.model.cell import Cell
from jitgate.model.tolerance import LOG_MEL_DB
from jitgate.statistics import Outcome

from jitgate_cosyvoice.claims.claim import Findings, Row, Said, Standing


@dataclass(frozen=True)
class HurtsTheSound:
    """A listener could tell the output from float32's: by the log-mel distance, or by the norm of what is no sound.

    Weights are whatever the workload has; jitgate's own are seeded, so that what is audio_metrics is no voice.
    """

    name: str
    said: Said
    cell: Cell
    timed: bool = False

    def cells(self, kind: str) -> tuple[Cell, ...]:  # noqa: ARG002 - a device of any kind can show it
        return (self.cell,)

    def judge(self, found: Findings) -> Row:
        lacking = found.lacking(self.cell)
        if lacking is not None:
            return Row(self.name, self.said, "", *lacking)
        ruling = found.judge.accuracy(found.measurement(self.cell), self.cell.variant)
        accuracy = found.samples(self.cell).accuracy
        if ruling.verdict is Outcome.INVALID or accuracy is None:
            return Row(self.name, self.said, "", Standing.INVALID, f"{ruling.reason.rstrip('.')}.")
        measured, audio_metrics = f"relative L2 distance {accuracy.rel_l2:.1e}", accuracy.log_mel_db
        if audio_metrics is None or accuracy.not_finite:
            reason = f"{ruling.reason[:1].upper()}{ruling.reason[1:].rstrip('.')}."
            return Row(self.name, self.said, measured, Standing.FALLS if ruling.green else Standing.HOLDS, reason)
        measured = f"log-mel distance {audio_metrics:.2g} dB, {measured}"
        if audio_metrics > LOG_MEL_DB:
            sentence = f"More than {LOG_MEL_DB:g} dB away from float32's, which listeners tell apart."
            return Row(self.name, self.said, measured, Standing.HOLDS, sentence)
        sentence = f"Within {LOG_MEL_DB:g} dB of float32's, which listeners don't tell apart."
        return Row(self.name, self.said, measured, Standing.FALLS, sentence)
