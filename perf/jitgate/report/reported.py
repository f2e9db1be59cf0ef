"""Gates that are only reported: what somebody said, and what was measured of it."""

from __future__ import annotations

from collections.abc import Sequence

from jitgate.config.policy import REPORT
from jitgate.model.verdict import Verdict
from jitgate.report.markdown import table

HEAD = ("reported gate", "source", "measured here", "verdict", "what that means")


def reported(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Those of `verdicts` that are only reported."""
    return [verdict for verdict in verdicts if verdict.on_fail == REPORT]


def reported_lines(verdicts: Sequence[Verdict]) -> list[str]:
    """For the terminal: a line a gate, with what was measured, and a sentence below."""
    found = reported(verdicts)
    lines = ["reported, not required:"] if found else []
    for verdict in found:
        measured = "" if verdict.figure is None else f" ({verdict.figure.text})"
        source = f" [{verdict.source}]" if verdict.source else ""
        lines += [f"  {verdict.outcome} {verdict.cell.id} {verdict.label}{measured}{source}", f"    {verdict.sentence}"]
    return lines


def reported_markdown(verdicts: Sequence[Verdict]) -> list[str]:
    """A section of a document; [] where no gate is only reported."""
    rows = [
        (
            f"{verdict.cell.id} {verdict.label}",
            verdict.source,
            "nothing" if verdict.figure is None else verdict.figure.text,
            str(verdict.outcome),
            verdict.sentence,
        )
        for verdict in reported(verdicts)
    ]
    return ["## Reported, not required", "", *table(HEAD, rows), ""] if rows else []
