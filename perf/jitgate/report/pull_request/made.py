"""Results of a session, as the file for review."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.config.policy import Gate
from jitgate.gates.results import Results
from jitgate.model.printable import printable_line
from jitgate.model.verdict import Verdict
from jitgate.report.decision import Ending, RunState, decide
from jitgate.report.pull_request.data import ENDS_WELL, LARGEST_EXIT, LONGEST, GateRow, RunForReview, cut, written
from jitgate.report.since_base import notes, sides
from jitgate.statistics import Outcome

if TYPE_CHECKING:
    from jitgate.report.formats import Run

_HEADER = re.compile(r"^\s*\[\[\s*tool\s*\.\s*jitgate\s*\.\s*gates\s*\]\]")
_TABLE = re.compile(r"^\s*\[")
_NUMBER = re.compile(r"\[\[tool\.jitgate\.gates\]\] number (\d+)$")
"""How a gate says where it stands (`config/table.py`)."""

UNKNOWN_EXIT = 3
"""As pytest's internal error: a session whose end is not known is not green."""


class ForReview:
    """The format of `--jitgate-pull-request FILE`. gates_file: whose lines the gates have; None where there is none."""

    suffix = ".json"

    def __init__(self, gates_file: Path | None) -> None:
        self._gates_file = gates_file

    def render(self, results: Results, run: Run) -> str:
        """The file's text."""
        return written(for_review(results, run.ending, self._gates_file))


def for_review(results: Results, ending: Ending, gates_file: Path | None) -> RunForReview:
    """The run. Its headline and its exit code are of one decision."""
    decision = decide(results, ending)
    known = ending.exit_code is not None and 0 <= ending.exit_code <= LARGEST_EXIT
    code = ending.exit_code if known and ending.exit_code is not None else UNKNOWN_EXIT
    state, headline = decision.state, decision.headline
    if (state in ENDS_WELL) != (code == 0):  # what pytest says counts
        state = RunState.STOPPED if code else RunState.EMPTY
        headline, code = f"{state}: the run ended with exit code {code}. {headline}", code or UNKNOWN_EXIT
    headline = " ".join([headline, *(f"{each[0].upper()}{each[1:]}." for each in sides(results))])
    lines = gate_lines(gates_file)
    verdicts = [_row(each, results, lines, _makes_red(each, results, code)) for each in results.gates]
    problems = [_problem(each) for each in ending.problems]
    return RunForReview(
        code,
        str(state),
        _text("headline", headline),
        _text("action", " ".join([decision.action, *notes(results)])),
        _relative(gates_file),
        (*problems, *verdicts),
        {},
    )


def _makes_red(verdict: Verdict, results: Results, code: int) -> bool:
    """Limits that tests state make their own test red, unless it asks for the opposite: then the exit code is 0."""
    return results.is_red(verdict) or (code != 0 and not verdict.configured and not verdict.green)


def _row(verdict: Verdict, results: Results, lines: dict[tuple[int, str], int], red: bool) -> GateRow:
    gate = results.rules.policy.gate(verdict.gate, verdict.cell, results.rules.device)
    return GateRow(
        _text("cell", verdict.cell.id),
        _text("gate", verdict.label),
        str(verdict.outcome),
        _text("figure", "" if verdict.figure is None else verdict.figure.text),
        _text("sentence", verdict.sentence),
        red,
        _line(gate, verdict.gate, lines),
    )


def _problem(sentence: str) -> GateRow:
    return GateRow("", "", str(Outcome.INVALID), "", _text("sentence", sentence), red=True)


def _text(name: str, text: str) -> str:
    return cut(printable_line(text), LONGEST[name])


def _line(gate: Gate | None, key: str, lines: dict[tuple[int, str], int]) -> int | None:
    found = None if gate is None else _NUMBER.search(gate.where)
    if found is None:
        return None
    # `max_slowdown` in the file is `max_slowdown_time` and others of the kinds; "" is where the gate begins.
    named = [(written, line) for (number, written), line in lines.items() if number == int(found[1])]
    fitting = [(len(written), line) for written, line in named if key.startswith(written)]
    return max(fitting, default=(0, None))[1]


def gate_lines(file: Path | None) -> dict[tuple[int, str], int]:
    """(number of the gate, key) -> line in its file; the key "" is the line where the gate begins. Lines from 1."""
    try:
        text = "" if file is None else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    return dict(_numbered(text.splitlines()))


def _numbered(lines: Iterable[str]) -> Iterable[tuple[tuple[int, str], int]]:
    number, inside = 0, False
    for place, line in enumerate(lines, 1):
        if _HEADER.match(line):
            number, inside = number + 1, True
            yield (number, ""), place
        elif _TABLE.match(line):
            inside = False
        elif inside and "=" in line:
            yield (number, line.partition("=")[0].strip().strip("\"'")), place


def _relative(file: Path | None) -> str:
    """From the repository's root, as annotations name files; "" for a file outside of it."""
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    if file is None or not file.resolve().is_relative_to(root):
        return ""
    return cut(printable_line(file.resolve().relative_to(root).as_posix()), 200)
