"""Annotations: commands to GitHub's runner that put a sentence beside the line of a gate."""

from __future__ import annotations

from jitgate.model.printable import printable_line
from jitgate.report.pull_request.data import GateRow, RunForReview, severity

MOST = 10
"""GitHub shows ten errors of a step."""


def commands(run: RunForReview) -> list[str]:
    """One for each gate that is not PASS, the worst first; what makes the run red is an error: its headline, where no
    gate does. The last says how many there is no room for."""
    rows = sorted((row for row in run.rows if row.outcome != "PASS"), key=severity)
    unsaid = run.exit_code != 0 and not any(row.red for row in rows)
    found = [f"::error title=jitgate::{_data(f'{run.headline} {run.action}')}"] if unsaid else []
    room = MOST - len(found)
    shown = rows if len(rows) <= room else rows[: room - 1]
    found += [_annotation(row, run.file) for row in shown]
    if len(rows) > len(shown):
        kind = "error" if any(row.red for row in rows[len(shown) :]) else "warning"
        found.append(f"::{kind}::{len(rows) - len(shown)} more gates are not PASS; the summary of the job has them")
    return found


def _annotation(row: GateRow, file: str) -> str:
    place = {"file": file, "line": str(row.line)} if file and row.line else {}
    named = {**place, "title": f"{row.outcome} {row.cell} {row.gate}".strip()}
    properties = ",".join(f"{name}={_property(value)}" for name, value in named.items())
    figure = f" (measured: {row.figure})" if row.figure else ""
    return f"::{'error' if row.red else 'warning'} {properties}::{_data(row.sentence + figure)}"


def _data(text: str) -> str:
    """As the runner reads it back: https://github.com/actions/toolkit, packages/core/src/command.ts."""
    return printable_line(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
