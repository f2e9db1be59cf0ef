"""Markdown that says what was meant, whatever is in a name or a message."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_MEANS_SOMETHING = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def escaped(text: str) -> str:
    """`text` on one line, with nothing in it that Markdown or HTML would read."""
    return _MEANS_SOMETHING.sub(r"\\\1", " ".join(text.split()).replace("&", "&amp;"))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *([escaped(cell) for cell in row] for row in rows)]
    return [f"| {' | '.join(cells)} |" for cells in lines]
