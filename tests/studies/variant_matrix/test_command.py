"""`python -m studies.variant_matrix`: from reports to the document, with an exit code for CI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from studies.variant_matrix.__main__ import main

from tests.studies.variant_matrix.reports import entry, failed, report

REFUSED = entry("tensorrt", verdict=None, failure=failed("unavailable", "tensorrt: no card"))
WRONG = entry("int8", verdict="FAIL", reason="The output is not the baseline's.")


@pytest.mark.parametrize(
    ("cells", "code", "counts"),
    [
        ([entry("compile"), REFUSED], 0, "1 right, 1 refused"),
        ([entry("compile"), WRONG], 1, "1 right, 1 out of tolerance"),
        ([], 1, "no cell was run"),
    ],
    ids=["well", "wrong", "empty"],
)
def test_the_exit_code_tells_whether_every_cell_is_right_or_refused(
    cells: list[Any], code: int, counts: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, document = tmp_path / "results.json", tmp_path / "variants.md"
    results.write_text(json.dumps(report(*cells)))
    assert main([str(results), "--to", str(document)]) == code
    assert capsys.readouterr().err == f"{counts}\n"
    assert main([str(results)]) == code
    assert capsys.readouterr().out == document.read_text(encoding="utf-8")


def test_bad_input_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.json")]) == 4
    said = capsys.readouterr().err
    assert said.startswith("python -m studies.variant_matrix: ")
    assert said.count("\n") == 1
