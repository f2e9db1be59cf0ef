"""Cells of the matrix: what a report says of a variant, as one status with its reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jitgate.model.errors import UsageError
from studies.variant_matrix.cells import CellStatus, cell_result, read_sessions

from tests.studies.variant_matrix.reports import entry, failed, report


@pytest.mark.parametrize(
    ("said", "status", "rel_l2", "reason"),
    [
        (entry("compile"), CellStatus.RIGHT, 3.2e-7, ""),
        (entry("eager", verdict=None, accuracy={"rel_l2": 0.0}), CellStatus.RIGHT, 0.0, ""),
        (
            entry("int8", accuracy={"token_ids": 12, "other_token_ids": 5, "excess_surprisal": 0.0214}),
            CellStatus.RIGHT,
            3.2e-7,
            "5 of 12 chosen token ids differ, by up to 2.1e-02 (relative) in surprisal",
        ),
        (
            entry(
                "int8", verdict="FAIL", reason="The output is not the baseline's: too far.", accuracy={"rel_l2": 1.0}
            ),
            CellStatus.OUT,
            1.0,
            "The output is not the baseline's: too far",
        ),
        (entry("int8", verdict="INVALID", reason="Eager is NaN."), CellStatus.FAILED, 3.2e-7, "Eager is NaN"),
        (
            entry("int8", fallback="int8 fell back to eager: no layer was quantised."),
            CellStatus.FELL_BACK,
            3.2e-7,
            "it fell back to eager: no layer was quantised",
        ),
        (
            entry("tensorrt", verdict=None, failure=failed("unavailable", "tensorrt: no card")),
            CellStatus.REFUSED,
            None,
            "no card",
        ),
        (
            entry("hangs", verdict="FAIL", failure=failed("hung", "worker hangs gave no answer within 6 s")),
            CellStatus.UNFINISHED,
            None,
            "it gave no answer within 6 s",
        ),
        (
            entry("dies", verdict="FAIL", failure=failed("died", "worker dies was killed by SIGKILL")),
            CellStatus.FAILED,
            None,
            "it was killed by SIGKILL",
        ),
    ],
    ids=lambda each: each["variant"] if isinstance(each, dict) else "",
)
def test_a_cell_has_a_status_and_a_reason(said: Any, status: CellStatus, rel_l2: float | None, reason: str) -> None:
    found = cell_result(said, "2026-11-22")
    assert found is not None
    assert (found.status, found.rel_l2, found.reason) == (status, rel_l2, reason)


def test_a_cell_without_a_verdict_on_accuracy_is_not_right() -> None:
    assert cell_result(entry("compile", verdict=None), "2026-11-22") is None


def test_of_two_sessions_the_later_day_counts_and_on_one_day_the_later_file(tmp_path: Path) -> None:
    paths = []
    for number, (day, rel_l2) in enumerate([("2026-11-23", 1.0), ("2026-11-22", 2.0), ("2026-11-23", 3.0)]):
        paths.append(tmp_path / f"{number}.json")
        paths[-1].write_text(json.dumps(report(entry("compile", accuracy={"rel_l2": rel_l2}), day=day)))
    for chosen, expected in ((paths, 3.0), (paths[:2], 1.0), (paths[::-1], 1.0)):
        sessions = read_sessions(chosen)
        assert [cell.rel_l2 for cell in sessions.cells] == [expected]
        assert sessions.machine == {"device": ("abacus",)}


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\xfa", b"[]", b'{"benchmarks": []}', b'{"schema": 2, "cells": []}'])
def test_what_is_no_report_is_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"results\.json (can't be read as JSON|is no JSON report of schema 1)"):
        read_sessions([path])
    with pytest.raises(UsageError, match="can't be read as JSON"):
        read_sessions([tmp_path / "none.json"])
