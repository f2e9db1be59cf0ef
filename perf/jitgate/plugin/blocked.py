"""Cells whose factory fails: their tests are red with the reason, and all other tests run."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from jitgate.model.cell import Cell
from jitgate.model.errors import UsageError


class Blocked:
    """Why cells can't be measured, by cell."""

    def __init__(self) -> None:
        self.reasons: dict[Cell, UsageError] = {}

    def without(self, planned: Iterable[Cell], problem: Callable[[Cell], UsageError | None]) -> list[Cell]:
        """The cells of `planned` that have no problem. Raises the first problem where every cell has one: then nothing
        is left to run."""
        cells = list(planned)
        self.reasons = {cell: found for cell in cells if (found := problem(cell)) is not None}
        if self.reasons and len(self.reasons) == len(cells):
            raise next(iter(self.reasons.values()))
        return [cell for cell in cells if cell not in self.reasons]

    def block(self, workload: str, planned: Iterable[Cell], reason: UsageError) -> bool:
        """Note that `workload` can't be measured; whether another one of `planned` still can."""
        cells = list(planned)
        self.reasons |= {cell: reason for cell in cells if cell.workload == workload}
        return any(cell not in self.reasons for cell in cells)

    def lines(self) -> list[str]:
        """Each reason once, for a run that only collects."""
        return [f"can't be measured: {reason}" for reason in dict.fromkeys(map(str, self.reasons.values()))]
