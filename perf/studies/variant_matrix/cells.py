"""The cells of the matrix, read from JSON reports of sessions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from jitgate.model.errors import UsageError
from jitgate.model.failure import FailureKind
from jitgate.model.variant import BASELINE
from jitgate.statistics import Outcome

SCHEMA = 1

ACCURACY = "tolerance"
"""The gate on accuracy."""

MACHINE = ("device", "system", "python", "torch", "cuda")
"""Facts of the machine that the document names."""


class CellStatus(StrEnum):
    """What a variant did on a workload."""

    RIGHT = "right"
    OUT = "out of tolerance"
    FELL_BACK = "fell back"
    REFUSED = "refused"
    UNFINISHED = "unfinished"
    FAILED = "failed"


@dataclass(frozen=True)
class CellResult:
    """One variant in one scenario.

    day: ISO, the day of the session. rel_l2: relative L2 error against eager float32; None if it is not known.
    reason: one sentence; "" for a right output without remarks.
    """

    workload: str
    scenario: str
    variant: str
    day: str
    status: CellStatus
    rel_l2: float | None = None
    reason: str = ""

    @property
    def column(self) -> str:
        """The heading of its column, as `--jitgate-select` takes it."""
        return f"{self.workload}/{self.scenario}"


@dataclass(frozen=True)
class Sessions:
    """The cells of several sessions, and the machines that they ran on: fact -> its values."""

    cells: tuple[CellResult, ...]
    machine: Mapping[str, tuple[str, ...]]


def read_sessions(paths: Iterable[Path]) -> Sessions:
    """The cells of all reports. Of two results of one cell the later day's counts, on one day the later file's.

    Raises UsageError for a file that is no JSON report.
    """
    latest: dict[tuple[str, str, str], CellResult] = {}
    machine: dict[str, dict[str, None]] = {}
    for path in paths:
        report = _report(path)
        for fact in MACHINE:
            if value := report["machine"].get(fact):
                machine.setdefault(fact, {})[str(value)] = None
        for entry in report["cells"]:
            found = cell_result(entry, report["day"])
            if found is None:
                continue
            place = (found.workload, found.scenario, found.variant)
            if place not in latest or found.day >= latest[place].day:
                latest[place] = found
    return Sessions(tuple(latest.values()), {fact: tuple(values) for fact, values in machine.items()})


def cell_result(entry: Mapping[str, Any], day: str) -> CellResult | None:
    """One cell of a report; None if its accuracy was not judged, and it did not fail."""
    name, failure, fallback = entry["variant"], entry["failure"], entry["fallback_check"]["fallback"]
    judged = {verdict["gate"]: verdict for verdict in entry["gates"]}.get(ACCURACY)
    reason = ""
    if failure is not None:
        status, reason = _failed(failure["kind"]), failure["sentence"]
    elif fallback is not None:
        status, reason = CellStatus.FELL_BACK, fallback
    elif name == BASELINE or (judged is not None and judged["verdict"] == Outcome.PASS):
        status, reason = CellStatus.RIGHT, _other_tokens(entry["accuracy"])
    elif judged is None:
        return None
    else:
        status = CellStatus.OUT if judged["verdict"] == Outcome.FAIL else CellStatus.FAILED
        reason = judged["reason"]
    rel_l2 = None if failure is not None else entry["accuracy"]["rel_l2"]
    return CellResult(
        entry["workload"], entry["scenario"], name, day, status, rel_l2, _without_name(name, reason).removesuffix(".")
    )


def _report(path: Path) -> dict[str, Any]:
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} can't be read as JSON: {error}") from None
    if not isinstance(report, dict) or report.get("schema") != SCHEMA or "cells" not in report:
        raise UsageError(
            f"{path} is no JSON report of schema {SCHEMA}; write one with pytest perf --jitgate-smoke "
            "--jitgate-report FILE.json"
        )
    return report


def _failed(kind: str) -> CellStatus:
    if kind == FailureKind.UNAVAILABLE:
        return CellStatus.REFUSED
    return CellStatus.UNFINISHED if kind == FailureKind.HUNG else CellStatus.FAILED


def _other_tokens(accuracy: Mapping[str, Any]) -> str:
    """A remark on chosen token ids that differ from eager's within the tolerance."""
    other = accuracy["other_token_ids"]
    if not other:
        return ""
    surprisal = f"{accuracy['excess_surprisal']:.1e}"
    return f"{other} of {accuracy['token_ids']} chosen token ids differ, by up to {surprisal} (relative) in surprisal"


def _without_name(name: str, reason: str) -> str:
    """The reason without the variant's name, so that the document has it once for all variants."""
    text = reason.removeprefix("export failed: ").removeprefix("worker ").removeprefix(f"{name}: ")
    return f"it {text.removeprefix(name).lstrip()}" if text.startswith(f"{name} ") else text
