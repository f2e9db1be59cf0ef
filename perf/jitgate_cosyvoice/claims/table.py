"""The claims table, for the terminal, for a document, and as plain data."""

from __future__ import annotations

from collections.abc import Sequence

from jitgate.report.markdown import table

from jitgate_cosyvoice.claims.claim import Row


def lines(rows: Sequence[Row]) -> list[str]:
    """For the terminal: a line a claim, with what was measured, and a sentence below."""
    found = ["claims of the device analysis:"] if rows else []
    for row in rows:
        measured = f" ({row.measured})" if row.measured else ""
        found += [f"  {row.standing}: {row.said.text}{measured}", f"    {row.sentence}"]
    return found


def markdown(rows: Sequence[Row]) -> list[str]:
    """A section of a document; [] without rows."""
    if not rows:
        return []
    head = ("claim", "where it stands", "measured here", "", "what that means")
    cells = [
        (
            row.said.text,
            f"{row.said.place}: {row.said.words}",
            row.measured or "nothing",
            str(row.standing),
            row.sentence,
        )
        for row in rows
    ]
    return [
        "## Claims of the device analysis",
        "",
        "Intervals of pairs hold at every number of rounds. Memory and start give one figure a process: those of the",
        "variant are compared with eager's (geometric means, error level 10 %). One process alone decides nothing",
        "about speed, memory or start. A claim is undecided where its limit lies inside of its interval.",
        "",
        *table(head, cells),
        "",
    ]


def data(row: Row) -> dict[str, str]:
    """Plain JSON."""
    return {
        "name": row.name,
        "claim": row.said.text,
        "place": row.said.place,
        "words": row.said.words,
        "measured": row.measured,
        "standing": str(row.standing),
        "sentence": row.sentence,
    }
