"""The file that a measuring job hands on: small, of plain values, and believed only as far as it can be checked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

SCHEMA = 1

LONGEST_BYTES = 4 << 20
"""Of the file: 10,000 rows of usual length take 3 MiB."""

MOST_ROWS = 20_000

OUTCOMES = ("FAIL", "INVALID", "INCONCLUSIVE", "PASS")
"""The worst first."""

GREEN = "GREEN"
ENDS_WELL = (GREEN, "NOT GATED", "NOT DECIDED")
"""States of a run with exit code 0; the first alone is green."""

LARGEST_EXIT = 255
"""What a system gives on of an exit code."""

STATES = ("RED", "STOPPED", "INVALID", "EMPTY", "UNDECIDED", "NOT DECIDED", "NOT GATED", GREEN)
"""The worst first: the headline of several jobs is that of the worst."""

LONGEST: Mapping[str, int] = {
    "headline": 300,
    "action": 400,
    "cell": 200,
    "gate": 120,
    "figure": 120,
    "sentence": 600,
}
"""Characters of each text: what is longer is cut where it is written, and refused where it is read."""


class NotBelieved(ValueError):
    """The file is not what a run of jitgate writes; says in one clause why."""


@dataclass(frozen=True)
class GateRow:
    """A gate of a cell, judged. outcome: one of `OUTCOMES`. red: whether the run is red for it. line: of the gate in
    its file, from 1; None where it has none there."""

    cell: str
    gate: str
    outcome: str
    figure: str
    sentence: str
    red: bool
    line: int | None = None


@dataclass(frozen=True)
class RunForReview:
    """A run. exit_code: pytest's. headline begins with the state. file: with the gates, relative to the repository.

    left_off: outcome -> rows that the file has no room for.
    """

    exit_code: int
    state: str
    headline: str
    action: str
    file: str
    rows: tuple[GateRow, ...]
    left_off: Mapping[str, int]

    def counted(self) -> Counter[str]:
        """Rows by outcome, with those that are left off."""
        return Counter(row.outcome for row in self.rows) + Counter(self.left_off)


def severity(row: GateRow) -> tuple[bool, int, bool]:
    """Of two rows the lower one comes first: what makes the run red, then by outcome, then what changed since the base,
    which a reviewer looks for even where all is green."""
    return not row.red, OUTCOMES.index(row.outcome), not row.gate.startswith("max_slowdown")


def cut(text: str, longest: int) -> str:
    """At most `longest` characters of `text`."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def written(run: RunForReview) -> str:
    """The file's text. Rows that do not fit are left off, the least severe first, and counted."""
    rows = sorted(run.rows, key=severity)
    texts = [json.dumps(asdict(row)) for row in rows[:MOST_ROWS]]
    room = LONGEST_BYTES - (1 << 14)  # for all that is not rows
    while texts and sum(map(len, texts)) + 2 * len(texts) > room:
        del texts[-max(1, len(texts) // 50) :]
    left = Counter(row.outcome for row in rows[len(texts) :]) + Counter(run.left_off)
    head = {key: value for key, value in asdict(run).items() if key not in ("rows", "left_off")}
    text = json.dumps({"schema": SCHEMA, **head, "left_off": dict(left)})
    return f'{text[:-1]}, "rows": [{", ".join(texts)}]}}\n'


def read(content: bytes) -> RunForReview:
    """The run of a file that anyone may have written. Raises `NotBelieved`."""
    if len(content) > LONGEST_BYTES:
        raise NotBelieved(f"it is larger than {LONGEST_BYTES} bytes")
    try:
        found = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise NotBelieved("it is not JSON") from None
    _expect(isinstance(found, dict) and found.get("schema") == SCHEMA, f"it is not of schema {SCHEMA}")
    names = {"schema", "exit_code", "state", "headline", "action", "file", "rows", "left_off"}
    _expect(set(found) == names, "it has other entries")
    rows, left = found["rows"], found["left_off"]
    _expect(isinstance(rows, list) and len(rows) <= MOST_ROWS, "its rows are no list, or too many")
    _expect(_is_count(found["exit_code"]) and found["exit_code"] <= LARGEST_EXIT, "its exit code is none")
    _expect(found["state"] in STATES, "its state is none")
    for name in ("headline", "action"):
        _text(found, name)
    _expect(isinstance(found["file"], str) and len(found["file"]) <= 200, "its file is none")
    _expect(isinstance(left, dict) and set(left) <= set(OUTCOMES), "what is left off is not counted by outcome")
    _expect(all(map(_is_count, left.values())), "what is left off is not counted")
    del found["schema"]
    run = RunForReview(**{**found, "rows": tuple(map(_row, rows))})
    _consistent(run)
    return run


def _consistent(run: RunForReview) -> None:
    """Headline, state, rows and exit code say the same, or nothing of it is said."""
    said = run.headline.startswith((f"{run.state}: ", f"{run.state} (not green): "))
    _expect(said, "its headline is not that of its state")
    _expect((run.state in ENDS_WELL) == (run.exit_code == 0), "its state is not that of its exit code")
    _expect(run.exit_code != 0 or not any(row.red for row in run.rows), "a row is red, and the run is green")


def _row(found: Any) -> GateRow:
    names = {"cell", "gate", "outcome", "figure", "sentence", "red", "line"}
    _expect(isinstance(found, dict) and set(found) == names, "a row has other entries")
    for name in ("cell", "gate", "figure", "sentence"):
        _text(found, name)
    _expect(found["outcome"] in OUTCOMES, "a row has no outcome")
    _expect(isinstance(found["red"], bool) and not (found["red"] and found["outcome"] == "PASS"), "a PASS is red")
    line = found["line"]
    _expect(line is None or (_is_count(line) and 0 < line < 1 << 20), "a line is none")
    return GateRow(**found)


def _text(found: Mapping[str, Any], name: str) -> None:
    text = found[name]
    _expect(isinstance(text, str) and len(text) <= LONGEST[name], f"its {name} is no text, or too long")


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 31


def _expect(holds: bool, why: str) -> None:
    if not holds:
        raise NotBelieved(why)
