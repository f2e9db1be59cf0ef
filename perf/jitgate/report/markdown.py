"""Markdown that says what was meant, whatever is in a name or a message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from jitgate.model.printable import printable

_MEANS_SOMETHING = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def escaped(text: str) -> str:
    """`text` on one line, with nothing in it that Markdown, HTML or a terminal would read."""
    line = printable(" ".join(text.split()))
    return _MEANS_SOMETHING.sub(r"\\\1", line.replace("&", "&amp;"))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [[*map(escaped, head)], ["---"] * len(head), *([escaped(cell) for cell in row] for row in rows)]
    return [f"| {' | '.join(cells)} |" for cells in lines]
