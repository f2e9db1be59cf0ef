"""Claims about memory."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import geometric_mean

from jitgate.model.cell import Cell
from jitgate.model.memory_peaks import EmptiedCache
from jitgate.model.size import format_bytes
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.report.format import format_ratio
from jitgate.statistics import single_ratio

from jitgate_cosyvoice.claims.claim import Findings, Row, Said, Standing, undecided

STEADY = "steady_peak_bytes"
"""The peak of steady calls: what a process takes while it works, loading left out."""

LEAST_WIDTH = 0.005
"""Half-width of a ratio of memories at least: allocators work in pages and pools."""

LEAST_FREED = 1 << 20
"""Bytes; less is not worth a call that makes the next one allocate anew."""


@dataclass(frozen=True)
class MemoryAtMost:
    """Peak memory of steady calls is at most `most` times eager's."""

    name: str
    said: Said
    cell: Cell
    most: float
    timed: bool = False

    def cells(self, kind: str) -> tuple[Cell, ...]:  # noqa: ARG002 - every device has memory
        return (self.cell,)

    def judge(self, found: Findings) -> Row:
        lacking = found.lacking(self.cell)
        if lacking is not None:
            return Row(self.name, self.said, "", *lacking)
        base = [*_peaks(found, self.cell, BASELINE), *_peaks(found, self.cell, CONTROL)]
        own = _peaks(found, self.cell, self.cell.variant)
        if len(base) < 2 or not own:
            why = "This platform gives no peak of memory that begins anew, so steady calls have none of their own."
            return Row(self.name, self.said, "", Standing.NOT_HERE, why)
        interval = single_ratio(base, own, least=LEAST_WIDTH)
        usual, taken = (format_bytes(round(geometric_mean(peaks))) for peaks in (base, own))
        measured = f"{format_ratio(interval)} of eager's {usual}, {taken}"
        if interval.high <= self.most:
            return Row(self.name, self.said, measured, Standing.HOLDS, f"It is at most {self.most:.0%} of eager's.")
        if interval.low > self.most:
            return Row(self.name, self.said, measured, Standing.FALLS, f"It is more than {self.most:.0%} of eager's.")
        return Row(self.name, self.said, measured, Standing.UNDECIDED, undecided(self.cell.variant, len(own)))


@dataclass(frozen=True)
class EmptyCacheFrees:
    """`torch.cuda.empty_cache()` gives memory back that the allocator holds and no tensor does."""

    name: str
    said: Said
    cell: Cell
    timed: bool = False

    def cells(self, kind: str) -> tuple[Cell, ...]:
        return (self.cell,) if kind == "cuda" else ()

    def judge(self, found: Findings) -> Row:
        if not self.cells(found.kind):
            why = "It empties the allocator of a CUDA card; on a CPU memory goes back to the system by itself."
            return Row(self.name, self.said, "", Standing.NOT_HERE, why)
        lacking = found.lacking(self.cell)
        if lacking is not None:
            return Row(self.name, self.said, "", *lacking)
        memory = found.samples(self.cell).memory
        emptied = EmptiedCache() if memory is None or memory.empty_cache is None else memory.empty_cache
        before, after, held = emptied.before_bytes, emptied.after_bytes, emptied.allocated_bytes
        if before is None or after is None or held is None:
            return Row(self.name, self.said, "", Standing.INVALID, "The worker did not answer what it holds.")
        measured = f"{format_bytes(before)} before, {format_bytes(after)} after, {format_bytes(held)} held by tensors"
        if before - after >= LEAST_FREED:
            sentence = f"It gives {format_bytes(before - after)} back, which the next call has to allocate again."
            return Row(self.name, self.said, measured, Standing.HOLDS, sentence)
        return Row(self.name, self.said, measured, Standing.FALLS, "After steady calls it has nothing to give back.")


def _peaks(found: Findings, cell: Cell, name: str) -> list[float]:
    """One a process."""
    samples = found.measurement(cell).all_samples.get(name)
    runs = samples.each_process_run if samples is not None else ()
    peaks = [run.memory.steady_peak_bytes for run in runs if run.memory is not None]
    return [float(peak) for peak in peaks if peak]
