"""Claims about what comes before steady calls."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import geometric_mean

from jitgate.model.cell import Cell
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.report.format import format_ratio, format_seconds
from jitgate.statistics import single_ratio

from jitgate_cosyvoice.claims.claim import Findings, Row, Said, Standing, undecided

LEAST_WIDTH = 0.10
"""Half-width of a ratio of first calls at least: files in the page cache or not, cores asleep or not."""


@dataclass(frozen=True)
class SlowerStart:
    """Loading and the first call together take longer than eager's.

    The export is left out, and so is building the module, which eager needs and the claim does not speak of.
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
        base = [*_starts_s(found, self.cell, BASELINE), *_starts_s(found, self.cell, CONTROL)]
        own = _starts_s(found, self.cell, self.cell.variant)
        if len(base) < 2 or not own:
            return Row(self.name, self.said, "", Standing.INVALID, "The first calls were not timed.")
        interval = single_ratio(base, own, least=LEAST_WIDTH)
        usual, taken = (format_seconds(geometric_mean(seconds)) for seconds in (base, own))
        measured = f"{taken} against eager's {usual}: {format_ratio(interval)}"
        if interval.low > 1:
            return Row(self.name, self.said, measured, Standing.HOLDS, "Load and first call take longer than eager's.")
        if interval.high < 1:
            return Row(self.name, self.said, measured, Standing.FALLS, "Load and first call take less than eager's.")
        return Row(self.name, self.said, measured, Standing.UNDECIDED, undecided(self.cell.variant, len(own)))


def _starts_s(found: Findings, cell: Cell, name: str) -> list[float]:
    """Seconds of load and first call, one a process."""
    samples = found.measurement(cell).all_samples.get(name)
    colds = [run.cold_start for run in samples.each_process_run] if samples is not None else []
    return [
        cold.load_s + cold.first_call_s for cold in colds if cold.load_s is not None and cold.first_call_s is not None
    ]
