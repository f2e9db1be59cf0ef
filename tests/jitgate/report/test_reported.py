"""Gates that are only reported, for a terminal, a document and a program."""

from __future__ import annotations

import json

from jitgate.config.policy import REPORT
from jitgate.model.cell import Cell
from jitgate.model.verdict import Figure, Verdict
from jitgate.report.reported import reported_lines, reported_markdown
from jitgate.statistics import Outcome

CELL = Cell("my.encoder", "5s", "jit")
FOUND = Verdict(
    CELL,
    "promised_speedup",
    1.1,
    "`fast` | *very*",
    Outcome.FAIL,
    "It is less.",
    "Measure again.",
    Figure("1.05x (1.01 to 1.08) in 60 pairs", 1.05, 1.01, 1.08),
    on_fail=REPORT,
    source="section 3: 提升 10-30% <b>",
)
REQUIRED = Verdict(CELL, "min_speedup", 1.0, "min_speedup=1.00", Outcome.PASS, "It is faster.")


def test_the_terminal_gets_verdict_gate_figures_source_and_a_sentence() -> None:
    assert reported_lines([REQUIRED, FOUND]) == [
        "reported, not required:",
        "  FAIL my.encoder/5s/jit `fast` | *very* (1.05x (1.01 to 1.08) in 60 pairs) [section 3: 提升 10-30% <b>]",
        "    It is less. Measure again.",
    ]
    assert reported_lines([REQUIRED]) == []


def test_a_document_holds_one_row_a_gate_whatever_is_in_its_text() -> None:
    (row,) = [line for line in reported_markdown([REQUIRED, FOUND]) if "FAIL" in line]
    assert row.count(" | ") == 4
    assert r"\`fast\` \| \*very\*" in row
    assert r"提升 10-30% \<b\>" in row
    assert reported_markdown([REQUIRED]) == []


def test_plain_data_is_json() -> None:
    found = json.loads(json.dumps(FOUND.as_json()))
    assert (found["on_fail"], found["source"], found["verdict"]) == ("report", "section 3: 提升 10-30% <b>", "FAIL")
    assert (found["reason"], found["advice"]) == ("It is less.", "Measure again.")
    assert found["figure"] == {"estimate": 1.05, "low": 1.01, "high": 1.08}
