"""The table of variants: what runs, what is refused, and each reason once."""

from __future__ import annotations

from dataclasses import replace

from perf.report.matrix import Fate, Outcome, as_markdown, one_line, summary_line

RIGHT = Outcome("a", "1s", "eager", "2026-11-22", Fate.RIGHT, 0.0)
REFUSED = Outcome("a", "1s", "tensorrt", "2026-11-21", Fate.REFUSED, why="no card")
WRONG = Outcome("b", "1s", "int8", "2026-11-22", Fate.WRONG, 0.4, "relative L2 distance 4.0e-01")
ORDER = ["eager", "compile", "tensorrt", "int8"]


def table(*outcomes: Outcome) -> list[str]:
    return [line for line in as_markdown(outcomes, {"device": "abacus"}, ORDER) if line.startswith("|")]


def test_a_row_a_variant_and_a_column_a_workload() -> None:
    assert table(WRONG, RIGHT, replace(RIGHT, workload="b", rel_l2=3.2e-7), REFUSED) == [
        "| variant | b | a |",
        "| --- | --- | --- |",
        "| `eager` | 3e-07 | 0e+00 |",
        "| `tensorrt` | - | [1] |",
        "| `int8` | **wrong** [2] | - |",
    ]


def test_a_reason_stands_once_below() -> None:
    lines = as_markdown([RIGHT, REFUSED, replace(REFUSED, workload="b"), WRONG], {"device": "abacus"}, ORDER)
    assert lines[-2:] == ["1. no card", "2. relative L2 distance 4.0e-01"]
    assert "- device: abacus" in lines


def test_the_days_of_several_goes_are_said() -> None:
    assert "on 2026-11-21 to 2026-11-22." in " ".join(as_markdown([RIGHT, REFUSED], {}, ORDER))
    assert "on 2026-11-22." in " ".join(as_markdown([RIGHT, WRONG], {}, ORDER))


def test_a_terminal_gets_a_line_each_and_a_count() -> None:
    assert one_line(REFUSED) == "a tensorrt: refused: no card"
    assert one_line(WRONG) == "b int8: wrong (4.0e-01): relative L2 distance 4.0e-01"
    assert summary_line([RIGHT, RIGHT, WRONG]) == "2 right, 1 wrong"
    assert summary_line([]) == "nothing was tried"
