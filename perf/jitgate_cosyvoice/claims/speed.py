"""Claims about the speed of steady calls."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from jitgate.gates.judge import ratio
from jitgate.model.cell import Cell
from jitgate.model.size import format_bytes
from jitgate.report.format import format_speedup
from jitgate.statistics import Outcome

from jitgate_cosyvoice.claims.claim import Findings, Row, Said, Standing, undecided

STANDING = {
    Outcome.PASS: Standing.HOLDS,
    Outcome.FAIL: Standing.FALLS,
    Outcome.INCONCLUSIVE: Standing.UNDECIDED,
    Outcome.INVALID: Standing.INVALID,
}
"""A ruling on `at least so many times as fast` -> what that means for a claim that says so."""

OPPOSITE = {Standing.HOLDS: Standing.FALLS, Standing.FALLS: Standing.HOLDS}
"""For a claim that says that something does not pay."""

WORTH = 1.10
"""From here on a way of running pays: the smallest gain that the device analysis itself calls one."""


class Stand(NamedTuple):
    """As the fields of a `Row`."""

    standing: Standing
    measured: str
    sentence: str
    settled: bool = False


@dataclass(frozen=True)
class Faster:
    """At least `least` times as fast as eager. `most`: the upper end that was promised, None where there was none.

    Who is faster than was promised has kept the promise.
    """

    name: str
    said: Said
    cell: Cell
    least: float
    most: float | None = None
    timed: bool = True

    def cells(self, kind: str) -> tuple[Cell, ...]:  # noqa: ARG002 - a device of any kind can show it
        return (self.cell,)

    def judge(self, found: Findings) -> Row:
        standing, measured, sentence, settled = speed_standing(found, self.cell, self.least)
        speedup = found.judge.speedup(found.measurement(self.cell), self.cell.variant) if measured else None
        if standing is Standing.HOLDS and self.most is not None and speedup is not None:
            more = speedup.interval.low > self.most
            sentence = f"{sentence[:-1]}, which is more than was promised." if more else sentence
        return Row(self.name, self.said, measured, standing, sentence, settled)


@dataclass(frozen=True)
class NotWorthIt:
    """Less than `WORTH` times as fast as the baseline. ways: what candidate and baseline do, for the sentence."""

    name: str
    said: Said
    cell: Cell
    ways: tuple[str, str]
    timed: bool = True

    def cells(self, kind: str) -> tuple[Cell, ...]:  # noqa: ARG002 - as above
        return (self.cell,)

    def judge(self, found: Findings) -> Row:
        standing, measured, sentence, settled = speed_standing(found, self.cell, WORTH, self.ways)
        return Row(self.name, self.said, measured, OPPOSITE.get(standing, standing), sentence, settled)


@dataclass(frozen=True)
class EngineNotWorthIt:
    """Less than `WORTH` times as fast, or too large for `card_bytes`; on CUDA only, where such engines run."""

    name: str
    said: Said
    cell: Cell
    card_bytes: int
    timed: bool = True

    def cells(self, kind: str) -> tuple[Cell, ...]:
        return (self.cell,) if kind == "cuda" else ()

    def judge(self, found: Findings) -> Row:
        if not self.cells(found.kind):
            why = f"{self.cell.variant} runs on NVIDIA cards, and this is a {found.kind.upper()}."
            return Row(self.name, self.said, "", Standing.NOT_HERE, why)
        standing, measured, sentence, settled = speed_standing(found, self.cell, WORTH)
        if not measured:
            return Row(self.name, self.said, measured, standing, sentence)
        peak = found.samples(self.cell).peak_bytes
        card = format_bytes(self.card_bytes)
        if peak is None:
            return Row(self.name, self.said, measured, Standing.NOT_HERE, f"Its memory is not known beside the {card}.")
        measured = f"{measured}, {format_bytes(peak)} of memory"
        if peak > self.card_bytes:
            return Row(self.name, self.said, measured, Standing.HOLDS, f"It needs more than a card of {card} has.")
        sentence = f"It fits {card}. {sentence}"
        return Row(self.name, self.said, measured, OPPOSITE.get(standing, standing), sentence, settled)


def speed_standing(found: Findings, cell: Cell, least: float, ways: tuple[str, str] | None = None) -> Stand:
    """How `cell` stands to `at least so many times as fast`.

    ways: candidate and baseline in words. The figures are "" where nothing was measured. What the pairs of one set of
    processes decide is true of these processes, and a claim is about the next start too.
    """
    lacking = found.lacking(cell)
    if lacking is not None:
        return Stand(lacking[0], "", lacking[1])
    measurement = found.measurement(cell)
    ruling = found.judge.speed(measurement, cell.variant, least)
    speedup = found.judge.speedup(measurement, cell.variant)
    if speedup is None:
        return Stand(Standing.INVALID, "", f"{ruling.reason.rstrip('.')}.")
    candidate, baseline = ways or (cell.variant, "eager")
    standing = STANDING[ruling.verdict]
    pairs = f" in {speedup.pairs} pairs" if math.isfinite(speedup.interval.high) else ""
    measured = f"{format_speedup(speedup)}{pairs}"
    if standing in OPPOSITE and measurement.starts(cell.variant) < 2:
        return Stand(Standing.UNDECIDED, measured, undecided(cell.variant, 1), settled=True)
    sentence = {
        Standing.HOLDS: f"{candidate} is at least {ratio(least)} times as fast as {baseline} here.",
        Standing.FALLS: f"{candidate} is less than {ratio(least)} times as fast as {baseline} here.",
    }.get(standing, f"{ruling.reason.rstrip('.')}.")
    return Stand(standing, measured, sentence)
