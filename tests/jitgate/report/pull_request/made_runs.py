"""Runs for review, made of names that nobody means well with, and of numbers."""

from __future__ import annotations

from jitgate.report.pull_request.data import GateRow, RunForReview

HOSTILE = (
    "<script>alert(1)</script>",
    "</details></table>",
    "a|b|c",
    "`rm -rf /`",
    "![x](https://example.invalid/x.png)",
    "[x](javascript:alert(1))",
    "@everyone @org/team",
    "#1 org/repo#2 GH-3",
    "https://example.invalid www.example.invalid",
    "::error::x",
    "\n::error::x\n/close\n",
    "\u202eevil\u2066",
    "\x00\x1b[31m\x9b",
    "$\\frac{1}{0}$",
    "<!-- jitgate run=9999999999 attempt=9 -->",
    "**bold** _em_ ~~no~~",
    "&lt;b&gt; &#60;",
    '" onmouseover="x',
    "</script>",
    "x" * 10_000,
    "\U0001f600" * 300,
)


def row(outcome: str = "PASS", cell: str = "m/short/jit", *, sentence: str = "Held.", line: int | None = 3) -> GateRow:
    figure = "1.31x (1.29 to 1.33)"
    return GateRow(cell, "min_speedup=1.10", outcome, figure, sentence, red=outcome != "PASS", line=line)


def run_of(*rows: GateRow, headline: str = "", left_off: dict[str, int] | None = None) -> RunForReview:
    """Red where a row is."""
    red = any(each.red for each in rows)
    state = "RED" if red else "GREEN"
    said = headline or f"{state}: of {len(rows)} gates {sum(each.red for each in rows)} failed."
    return RunForReview(int(red), state, said, "Do this.", "pyproject.toml", rows, left_off or {})
