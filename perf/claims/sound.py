"""Claims about what a listener hears."""

from __future__ import annotations

from dataclasses import dataclass

from perf.claims.claim import Findings, Row, Said, Standing
from perf.gates.cell import Cell
from perf.statistics import Answer


@dataclass(frozen=True)
class HurtsTheSound:
    """The output leaves the tolerance that holds for this workload."""

    name: str
    said: Said
    cell: Cell
    timed: bool = False

    def cells(self, kind: str) -> tuple[Cell, ...]:  # noqa: ARG002 - a device of any kind can show it
        return (self.cell,)

    def judge(self, found: Findings) -> Row:
        lacking = found.lacking(self.cell)
        if lacking is not None:
            return Row(self.name, self.said, "", lacking[0], f"{lacking[1].rstrip('.')}.")
        ruling = found.judge.parity(found.measurement(self.cell), self.cell.variant)
        distance = found.arm(self.cell).rel_l2
        if ruling.verdict is Answer.INVALID or distance is None:
            return Row(self.name, self.said, "", Standing.INVALID, f"{ruling.reason.rstrip('.')}.")
        standing = Standing.FALLS if ruling.green else Standing.HOLDS
        reason = f"{ruling.reason[:1].upper()}{ruling.reason[1:].rstrip('.')}."
        return Row(self.name, self.said, f"relative L2 distance {distance:.1e}", standing, reason)
