"""The variant matrix as Markdown: what runs, what is refused, and each reason once."""

from __future__ import annotations

from dataclasses import replace

from studies.variant_matrix.cells import CellResult, CellStatus, Sessions
from studies.variant_matrix.table import as_markdown, summary_line

RIGHT = CellResult("a", "1s", "eager", "2026-11-22", CellStatus.RIGHT, 0.0)
REFUSED = CellResult("a", "1s", "tensorrt", "2026-11-21", CellStatus.REFUSED, reason="no card")
OUT = CellResult("b", "1s", "int8", "2026-11-22", CellStatus.OUT, 0.4, "relative L2 error 4.0e-01")
STAGED = CellResult("p", "1s", "vocoder=tensorrt", "2026-11-22", CellStatus.REFUSED, reason="no card")


def document(*cells: CellResult) -> list[str]:
    return as_markdown(Sessions(cells, {"device": ("abacus",), "torch": ("2.13", "2.14")})).splitlines()


def table(*cells: CellResult) -> list[str]:
    return [line for line in document(*cells) if line.startswith("|")]


def test_a_row_a_variant_and_a_column_a_workload_and_scenario() -> None:
    assert table(RIGHT, replace(RIGHT, workload="b", rel_l2=3.2e-7), replace(RIGHT, scenario="5s"), REFUSED, OUT) == [
        "| variant | a/1s | b/1s | a/5s |",
        "| --- | --- | --- | --- |",
        "| `eager` | 0e+00 | 3e-07 | 0e+00 |",
        "| `tensorrt` | [1] |  |  |",
        "| `int8` |  | **out of tolerance** [2] |  |",
    ]


def test_a_pipeline_has_a_table_of_its_own_and_shares_the_reasons() -> None:
    whole = replace(RIGHT, workload="p")
    assert table(STAGED, whole, RIGHT, REFUSED) == [
        "| variant | a/1s |",
        "| --- | --- |",
        "| `eager` | 0e+00 |",
        "| `tensorrt` | [1] |",
        "| variant | p/1s |",
        "| --- | --- |",
        "| `vocoder=tensorrt` | [1] |",
        "| `eager` | 0e+00 |",
    ]
    lines = document(STAGED, RIGHT)
    assert lines.index("## Pipelines, by stage") > lines.index("| `eager` | 0e+00 |")


def test_a_reason_stands_once_below() -> None:
    lines = document(RIGHT, REFUSED, replace(REFUSED, workload="b"), OUT)
    assert lines[-2:] == ["1. no card", "2. relative L2 error 4.0e-01"]


def test_a_remark_stands_next_to_the_error_of_a_right_cell() -> None:
    assert "| `eager` | 0e+00 [1] |" in table(replace(RIGHT, reason="1 of 4 chosen token ids differ"))


def test_the_days_and_the_machines_of_several_sessions_are_named() -> None:
    assert "of 2026-11-21 to 2026-11-22." in " ".join(document(RIGHT, REFUSED))
    assert "of 2026-11-22." in " ".join(document(RIGHT, OUT))
    assert "- torch: 2.13, 2.14" in document(RIGHT)


def test_without_cells_there_is_no_table() -> None:
    assert "no cell was run" in " ".join(document())
    assert table() == []


def test_the_summary_counts_each_status() -> None:
    assert summary_line([RIGHT, RIGHT, OUT]) == "2 right, 1 out of tolerance"
    assert summary_line([]) == "no cell was run"
