"""One cell of the table: a workload, in a scenario, run by a variant."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple

from jitgate.model.errors import UsageError

SEPARATOR = "/"
"""Between the fields of an id; the names of workloads, scenarios and variants have none."""


class Cell(NamedTuple):
    """What a test is parametrised by; its id is `workload/scenario/variant`."""

    workload: str
    scenario: str
    variant: str

    @property
    def id(self) -> str:
        return SEPARATOR.join(self)

    @classmethod
    def parse(cls, text: str) -> Cell:
        """The cell of an id. Raises ValueError for what is no id."""
        fields = text.split(SEPARATOR)
        if len(fields) != len(cls._fields) or not all(fields):
            raise ValueError(f"{text!r} is not a workload, a scenario and a variant with {SEPARATOR!r} between them")
        return cls(*fields)


class CellPattern(NamedTuple):
    """Globs for the fields of a cell."""

    workload: str = "*"
    scenario: str = "*"
    variant: str = "*"

    @classmethod
    def parse(cls, text: str, where: str) -> CellPattern:
        """`my.encoder/5s`, `*/5s/inductor*`; what is left out at the end matches everything.

        Raises UsageError, naming `where`, for an empty field and for more fields than a cell has.
        """
        fields = text.split(SEPARATOR)
        if len(fields) > len(cls._fields) or not all(fields):
            raise UsageError(
                f"{where} {text!r} is not WORKLOAD/SCENARIO/VARIANT; write up to three globs, as in 'my.encoder/5s/*'"
            )
        return cls(*fields)

    def matches(self, cell: Cell) -> bool:
        """Whether every field of the cell matches its glob, upper and lower case told apart."""
        return all(map(fnmatchcase, cell, self))

    def mismatch(self, cells: Iterable[Cell]) -> str:
        """For a pattern that matches none of `cells`: which field is at fault, and what there is."""
        left = list(cells)
        for name, pattern in zip(self._fields, self, strict=True):
            there = sorted({getattr(cell, name) for cell in left})
            left = [cell for cell in left if fnmatchcase(getattr(cell, name), pattern)]
            if not left:
                return f"there is no {name} {pattern!r} (there are: {', '.join(there)})"
        return "no workload has such a scenario and variant together"
