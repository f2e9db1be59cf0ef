"""One box of the table: a workload, in a scenario, run by a variant."""

from __future__ import annotations

from typing import NamedTuple


class Cell(NamedTuple):
    """What a test is parametrised by; its id is `workload-scenario-variant`."""

    workload: str
    scenario: str
    variant: str

    @property
    def id(self) -> str:
        return "-".join(self)
