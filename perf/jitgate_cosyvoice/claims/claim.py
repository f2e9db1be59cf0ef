"""A sentence that somebody wrote about speed or memory, and what a measurement says to it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from jitgate.gates.judge import Judge
from jitgate.model.cell import Cell
from jitgate.model.failure import FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.samples import Samples
from jitgate.model.variant import BASELINE


class Standing(enum.StrEnum):
    """What became of a claim. INVALID is no answer: something that should have been measured was not."""

    HOLDS = "HOLDS"
    FALLS = "DOES NOT HOLD"
    UNDECIDED = "UNDECIDED"
    NOT_HERE = "NOT MEASURABLE HERE"
    INVALID = "INVALID"


@dataclass(frozen=True)
class Said:
    """text: the claim in English. place: where the device analysis has it. words: what it says there."""

    text: str
    place: str
    words: str


@dataclass(frozen=True)
class Row:
    """measured: the figures, with their intervals; "" where there are none. sentence: what it means, or why not.

    settled: whether more rounds of the same processes would leave it as it is.
    """

    name: str
    said: Said
    measured: str
    standing: Standing
    sentence: str
    settled: bool = False

    @property
    def answered(self) -> bool:
        """Measured, decided or not, or honestly not measurable here."""
        return self.standing is not Standing.INVALID


@dataclass(frozen=True)
class Findings:
    """What a session found out, as claims ask for it. kind: of its device, `cpu` or `cuda`."""

    judge: Judge
    kind: str
    measurements: Mapping[tuple[str, str], Measurement]

    def measurement(self, cell: Cell) -> Measurement:
        return self.measurements[cell.workload, cell.scenario]

    def samples(self, cell: Cell, variant: str | None = None) -> Samples:
        """The cell's own samples, or another one of the same measurement."""
        return self.measurement(cell).all_samples[variant or cell.variant]

    def lacking(self, cell: Cell) -> tuple[Standing, str] | None:
        """Why nothing can be said about the cell, as a sentence; None where it was measured."""
        measurement = self.measurements.get((cell.workload, cell.scenario))
        if measurement is None:
            return Standing.INVALID, f"{cell.workload} {cell.scenario} was not measured in this run."
        for name in (BASELINE, cell.variant):
            if name not in measurement.all_samples:
                return Standing.INVALID, f"{name} was not measured in this run."
            failure = measurement.all_samples[name].failure
            if failure is not None:
                here = failure.kind is FailureKind.UNAVAILABLE
                return Standing.NOT_HERE if here else Standing.INVALID, f"{failure.sentence.rstrip('.')}."
        return None


class Claim(Protocol):
    """What a claim needs of the measurements, and how it is judged by them.

    Contract: frozen. `cells` are the boxes to measure on a device of that kind, the one that the claim is about first;
    () where it can't be measured on such a device. `judge` may be called at any time: what is not there is said.
    `timed`: whether more rounds may decide it.
    """

    @property
    def name(self) -> str: ...

    @property
    def said(self) -> Said: ...

    @property
    def timed(self) -> bool: ...

    def cells(self, kind: str) -> tuple[Cell, ...]: ...

    def judge(self, found: Findings) -> Row: ...


def undecided(variant: str, processes: int) -> str:
    """Why figures of which a process gives one decide nothing yet."""
    if processes < 2:
        alone = f"Only one process of {variant} was measured, and the next one may differ"
        return f"{alone}: measure in several sets of processes (--jitgate-processes 5) to decide."
    differ = f"The limit lies within what processes of {variant} and of {BASELINE} differ by, {processes} of the former"
    return f"{differ}: measure in more sets of them (--jitgate-processes {max(5, 2 * processes)}) to decide."


def open_variants(claim: Claim, found: Findings) -> list[str]:
    """The variants of which more rounds may still decide `claim`."""
    if not claim.timed:
        return []
    row = claim.judge(found)
    if row.standing is not Standing.UNDECIDED or row.settled:
        return []
    return [cell.variant for cell in claim.cells(found.kind)]
