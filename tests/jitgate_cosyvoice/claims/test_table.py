"""The claims table, for a terminal, a document and a program."""

from __future__ import annotations

import json

from jitgate_cosyvoice.claims.claim import Row, Said, Standing
from jitgate_cosyvoice.claims.table import data, lines, markdown

SAID = Said("`fast` | *very*", "section 3", "提升 10-30% <b>")
ROW = Row("fast", SAID, "1.20x (1.10 to 1.30) in 60 pairs", Standing.FALLS, "It is less.")


def test_the_terminal_gets_standing_claim_figures_and_a_sentence() -> None:
    assert lines([ROW]) == [
        "claims of the device analysis:",
        "  DOES NOT HOLD: `fast` | *very* (1.20x (1.10 to 1.30) in 60 pairs)",
        "    It is less.",
    ]
    assert lines([]) == []


def test_a_document_holds_one_row_a_claim_whatever_is_in_its_text() -> None:
    section = markdown([ROW])
    (row,) = [line for line in section if "DOES NOT HOLD" in line]
    assert row.count(" | ") == 4
    assert r"\`fast\` \| \*very\*" in row
    assert r"提升 10-30% \<b\>" in row
    assert markdown([]) == []


def test_plain_data_is_json() -> None:
    assert json.loads(json.dumps(data(ROW))) == {
        "name": "fast",
        "claim": "`fast` | *very*",
        "place": "section 3",
        "words": "提升 10-30% <b>",
        "measured": "1.20x (1.10 to 1.30) in 60 pairs",
        "standing": "DOES NOT HOLD",
        "sentence": "It is less.",
    }
