"""What a page holds, as plain values: made from results or from a stored run, and drawn by the template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from jitgate.report.decision import RunDecision
from jitgate.report.html.chart import Chart


@dataclass(frozen=True)
class Entry:
    """One cell of a table. anchor: what it is made of, elsewhere on the page. mark: an outcome, which is coloured.

    share, limit: of a bar next to the text, 0 to 1 of its width; None for no bar, and for no limit.
    """

    text: str
    anchor: str = ""
    mark: str = ""
    share: float | None = None
    limit: float | None = None


@dataclass(frozen=True)
class Table:
    """The first entry of a row is its head. folded: shown when it is opened. anchor: "" where nothing leads to it."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Entry, ...], ...]
    folded: bool = False
    anchor: str = ""
    kind: ClassVar[str] = "table"


@dataclass(frozen=True)
class Plot:
    """A chart, with all of its figures as a table. notes: what was thinned, and what the picture leaves out."""

    chart: Chart
    table: Table
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "plot"


@dataclass(frozen=True)
class RawRounds:
    """Raw rounds as CSV. columns: names, in order. numbers: lines of digits, commas and nothing else."""

    anchor: str
    caption: str
    columns: tuple[str, ...]
    numbers: str
    kind: ClassVar[str] = "raw"


@dataclass(frozen=True)
class Quoted:
    """Text of a program, such as the last words of a worker."""

    caption: str
    text: str
    kind: ClassVar[str] = "quoted"


Block: TypeAlias = Table | Plot | RawRounds | Quoted


@dataclass(frozen=True)
class Section:
    """mark: the worst outcome in it, "" for none. lines: sentences above the blocks."""

    anchor: str
    title: str
    blocks: tuple[Block, ...]
    lines: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True)
class Page:
    """about: what was run, when and where, a line each."""

    title: str
    decision: RunDecision
    about: tuple[str, ...]
    sections: tuple[Section, ...]


def plain(*texts: str) -> tuple[Entry, ...]:
    """A row of texts alone."""
    return tuple(map(Entry, texts))


def spread_over(count: int, most: int) -> list[int]:
    """At most `most` places out of `count`, evenly, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(place * (count - 1) / (most - 1)) for place in range(most)})


def all_rows(rows: Sequence[Sequence[str]]) -> tuple[tuple[Entry, ...], ...]:
    """Rows of texts alone."""
    return tuple(plain(*row) for row in rows)
