"""The comment of a pull request, the step summary, the note of a merge request: what was decided first, then why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from jitgate.model.printable import printable_line
from jitgate.report.markdown import escaped
from jitgate.report.pull_request.data import OUTCOMES, GateRow, RunForReview, cut, severity

COMMENT_BYTES = 64 << 10
"""GitHub takes 65,536 characters."""

SUMMARY_BYTES = 1 << 20
"""GitHub takes 1 MiB a step."""

VISIBLE_LINES = 10
"""Of the comment, however many gates there are: a reviewer reads that many."""

VISIBLE_ROWS = 4
"""What is left beside headline, head of the table, what is folded, what is left off, and where it comes from."""

RESERVED_BYTES = 1024
"""For what follows the table: counts, and a marker."""

HEAD = ("| verdict | cell | gate | measured | why |", "| --- | --- | --- | --- | --- |")

_WIDTHS = (12, 120, 80, 80, 300)
"""Characters of each column."""

_AUTOLINKED = {"@": "<code>@</code>", "\\#": "<code>#</code>", "://": ":<code>//</code>"}
"""What GitHub makes mentions, references and links of outside of code; `$` begins a formula."""

_AUTOLINKED_WORDS = re.compile(r"(?<=\bwww)\.|(?<=\bGH)-(?=\d)|:(?=(?:\w|\\_|[+-])+:)", re.IGNORECASE)
"""The same in any spelling: addresses without a scheme, references (`GH-1`), pictures (`:eyes:`)."""


def comment(run: RunForReview, footer: str = "") -> str:
    """Markdown of at most 64 KiB, with at most ten lines that are not folded. footer: one line of ours, put last."""
    return _document(run, COMMENT_BYTES, footer)


def summary(run: RunForReview) -> str:
    """The same, with room for more rows: Markdown of at most 1 MiB."""
    return _document(run, SUMMARY_BYTES, "")


def note(run: RunForReview) -> str:
    """Plain text of at most ten lines and 64 KiB, for a note of GitLab: no line begins with text of others, which could
    be a command there."""
    rows = sorted(run.rows, key=severity)[: VISIBLE_LINES - 4]
    lines = [f"{inert(run.headline)} {inert(run.action)}", "```"]
    for row in rows:
        parts = (row.cell, row.gate, row.figure, row.sentence)
        cells = [cut(part, width) for part, width in zip(parts, _WIDTHS[1:], strict=True)]
        lines.append(f"{row.outcome} {printable_line('  '.join(filter(None, cells))).replace('`', chr(39))}")
    lines.append("```")
    left = run.counted() - Counter(row.outcome for row in rows)
    return "\n".join([*lines, *([f"{_told(left)} not shown."] if left else [])]) + "\n"


def inert(text: str) -> str:
    """`text` of others in Markdown: one line, shown as it is; no markup, link, mention or formula is in it."""
    found = escaped(printable_line(text)).replace("$", "\\$")
    for sign, shown in _AUTOLINKED.items():
        found = found.replace(sign, shown)
    return _AUTOLINKED_WORDS.sub(r"<code>\g<0></code>", found)


def _document(run: RunForReview, limit_bytes: int, footer: str) -> str:
    rows = sorted(run.rows, key=severity)
    shown, folded = rows[:VISIBLE_ROWS], rows[VISIBLE_ROWS:]
    lines = [f"**{inert(run.headline)}** {inert(run.action)}", ""]
    if shown:
        lines += [*HEAD, *map(_row, shown), ""]
    fitting = _fitting(folded, limit_bytes - _size(lines) - RESERVED_BYTES - len(footer.encode()))
    if fitting:
        told = f"{len(fitting):,} more, the worst first"
        lines += [f"<details><summary>{told}</summary>", "", *HEAD, *fitting, "", "</details>", ""]
    left = Counter(row.outcome for row in folded[len(fitting) :]) + Counter(run.left_off)
    if left:
        lines += [f"{_told(left)} left off here, for want of room.", ""]
    return "\n".join([*lines, *([footer] if footer else [])]).rstrip() + "\n"


def _fitting(rows: Sequence[GateRow], room_bytes: int) -> list[str]:
    """As many rows as there is room for, from the first on."""
    found: list[str] = []
    for row in rows:
        line = _row(row)
        room_bytes -= len(line.encode()) + 1
        if room_bytes < 0:
            break
        found.append(line)
    return found


def _row(row: GateRow) -> str:
    parts = (row.outcome, row.cell, row.gate, row.figure, row.sentence)
    return f"| {' | '.join(inert(cut(part, width)) for part, width in zip(parts, _WIDTHS, strict=True))} |"


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode()) + 1 for line in lines)


def _told(left: Mapping[str, int]) -> str:
    """`3 gates (1 FAIL, 2 PASS) are`."""
    total = sum(left.values())
    parts = ", ".join(f"{left[outcome]:,} {outcome}" for outcome in OUTCOMES if left.get(outcome))
    return f"{total:,} gate{'' if total == 1 else 's'} ({parts}) {'is' if total == 1 else 'are'}"
