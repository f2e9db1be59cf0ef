"""The study of verdicts next to a busy process, at a size that shows only that it counts right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil
import pytest
from studies.busy import BUDGET_S, OFF_S, ON_S, DisturbedVerdict, Pattern, busy, pattern_of, study, verdicts_of

EXPECTED = {"busy": "FAIL", "half": "PASS"}


def said(verdict: str, *, rounds: int = 30, excluded: int = 5) -> dict[str, Any]:
    causes = {"other processes were running": excluded} if excluded else {}
    return {"gates": [{"verdict": verdict}], "rounds": rounds, "excluded_rounds": causes}


@pytest.mark.parametrize(
    ("verdict", "excluded", "right"),
    [
        ("FAIL", 5, True),
        ("INVALID", 5, True),
        ("PASS", 5, False),
        ("INCONCLUSIVE", 5, False),
        ("FAIL", 0, False),
        ("nothing", 0, False),
    ],
)
def test_right_is_what_was_planted_or_invalid_and_only_where_the_disturbance_was_seen(
    verdict: str, excluded: int, right: bool
) -> None:
    assert DisturbedVerdict(1, "one stretch", "busy", "FAIL", verdict, 35, excluded).right == right


def test_a_variant_that_vanished_is_wrong() -> None:
    found = verdicts_of(1, Pattern("one stretch", 1.0), {"busy": said("FAIL")}, EXPECTED)
    assert [(each.variant, each.verdict, each.rounds, each.right) for each in found] == [
        ("busy", "FAIL", 35, True),
        ("half", "nothing", 0, False),
    ]


def test_a_third_of_the_time_is_busy_in_one_way_or_the_other() -> None:
    assert pattern_of(1, 60.0) == Pattern("one stretch", 20.0, 0.0, 20.0)
    assert pattern_of(2, 60.0).name == "again and again"
    assert pytest.approx(1 / 3) == ON_S / (ON_S + OFF_S)


@pytest.mark.parametrize(("wrong_in", "code"), [(None, 0), (2, 1)])
def test_every_run_is_disturbed_but_the_first_and_one_wrong_verdict_is_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong_in: int | None, code: int
) -> None:
    asked: list[tuple[int, tuple[str, ...], int]] = []

    def planted(folder: Path, run: int, *arguments: str) -> Mapping[str, Mapping[str, Any]]:
        assert folder == tmp_path
        burning = len(psutil.Process().children())
        asked.append((run, arguments, burning))
        return {"busy": said("PASS" if run == wrong_in else "FAIL"), "half": said("INVALID")}

    monkeypatch.setattr("studies.busy.usable_cores", lambda: [0])
    lines: list[str] = []
    before = len(psutil.Process().children())
    assert study(planted, tmp_path, 2, EXPECTED, lines.append) == code
    further = ("--jitgate-budget", str(BUDGET_S))
    assert asked == [(0, further, before), (1, further, before + 1), (2, further, before + 1)]
    assert len(psutil.Process().children()) == before, "no busy process is left"
    assert lines[-1] == "half: planted PASS; right in 2 of 2 runs, seen INVALID 2"
    assert sum("WRONG" in line for line in lines) == (0 if wrong_in is None else 1)


def test_busy_processes_leave_with_the_block() -> None:
    before = {process.pid for process in psutil.Process().children()}
    with busy(Pattern("again and again", 0.01, 0.01), cores=2):
        started = [process for process in psutil.Process().children() if process.pid not in before]
        assert len(started) == 2
    assert not any(process.is_running() for process in started)
