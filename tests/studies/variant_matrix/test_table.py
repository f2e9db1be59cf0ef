"""The table of variants: what runs, what is refused, and each reason once."""

from __future__ import annotations

from dataclasses import replace

from studies.variant_matrix.table import Fate, Outcome, as_markdown, one_line, summary_line

RIGHT = Outcome("a", "1s", "eager", "2026-11-22", Fate.RIGHT, 0.0)
REFUSED = Outcome("a", "1s", "tensorrt", "2026-11-21", Fate.REFUSED, why="no card")
OUT = Outcome("b", "1s", "int8", "2026-11-22", Fate.OUT, 0.4, "relative L2 distance 4.0e-01")
STAGED = Outcome("p", "1s", "vocoder=tensorrt", "2026-11-22", Fate.REFUSED, why="no card")
ORDER = ["eager", "compile", "tensorrt", "int8"]


def table(*outcomes: Outcome) -> list[str]:
    return [line for line in as_markdown(outcomes, {"device": "abacus"}, ORDER, {"p"}) if line.startswith("|")]


def test_a_row_a_variant_and_a_column_a_workload() -> None:
    assert table(OUT, RIGHT, replace(RIGHT, workload="b", rel_l2=3.2e-7), REFUSED) == [
        "| variant | b | a |",
        "| --- | --- | --- |",
        "| `eager` | 3e-07 | 0e+00 |",
        "| `tensorrt` | - | [1] |",
        "| `int8` | **out of tolerance** [2] | - |",
    ]


def test_what_a_workload_does_not_have_is_not_said_to_be_still_to_try() -> None:
    lines = as_markdown([RIGHT, REFUSED, OUT], {}, ORDER, has={"b": ["eager", "int8"]})
    assert [line for line in lines if line.startswith("| `")] == [
        "| `eager` | 0e+00 | - |",
        "| `tensorrt` | [1] |  |",
        "| `int8` | - | **out of tolerance** [2] |",
    ]


def test_a_pipeline_has_a_table_of_its_own_and_shares_the_reasons() -> None:
    whole = replace(RIGHT, workload="p")
    assert table(STAGED, whole, RIGHT, REFUSED) == [
        "| variant | a |",
        "| --- | --- |",
        "| `eager` | 0e+00 |",
        "| `tensorrt` | [1] |",
        "| variant | p |",
        "| --- | --- |",
        "| `eager` | 0e+00 |",
        "| `vocoder=tensorrt` | [1] |",
    ]
    lines = as_markdown([STAGED, RIGHT], {}, ORDER, {"p"})
    assert lines.index("## Pipelines, by stage") > lines.index("| `eager` | 0e+00 |")


def test_a_reason_stands_once_below() -> None:
    lines = as_markdown([RIGHT, REFUSED, replace(REFUSED, workload="b"), OUT], {"device": "abacus"}, ORDER)
    assert lines[-2:] == ["1. no card", "2. relative L2 distance 4.0e-01"]
    assert "- device: abacus" in lines


def test_the_days_of_several_goes_are_said() -> None:
    assert "on 2026-11-21 to 2026-11-22." in " ".join(as_markdown([RIGHT, REFUSED], {}, ORDER))
    assert "on 2026-11-22." in " ".join(as_markdown([RIGHT, OUT], {}, ORDER))


def test_where_nothing_is_known_there_is_no_table() -> None:
    assert "nothing was tried" in " ".join(as_markdown([], {}, ORDER))
    assert table() == []


def test_a_terminal_gets_a_line_each_and_a_count() -> None:
    assert one_line(REFUSED) == "a tensorrt: refused: no card"
    assert one_line(OUT) == "b int8: out of tolerance (4.0e-01): relative L2 distance 4.0e-01"
    assert summary_line([RIGHT, RIGHT, OUT]) == "2 right, 1 out of tolerance"
    assert summary_line([]) == "nothing was tried"
