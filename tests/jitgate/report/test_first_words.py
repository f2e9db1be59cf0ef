"""A run that was interrupted, can't be believed or has nothing: each report says so before anything else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date

import pytest
from jitgate.gates.results import Results
from jitgate.report.decision import Ending
from jitgate.report.formats import Html, Json, Markdown, Run
from jitgate.report.pull_request.comment import comment, note, summary
from jitgate.report.pull_request.made import for_review
from jitgate.report.summary import summary as terminal

from tests.jitgate.measurements import made_of
from tests.jitgate.report.html.pages import FACTS, Reader, results

NOISY = replace(made_of(1.4), excluded=("other processes were running",) * 40)

ENDINGS = {
    "interrupted": (results(made_of(1.4)), 2, "STOPPED: the run was interrupted. 8 of 8 gates held."),
    "interrupted at once": (results(), 2, "STOPPED: the run was interrupted. No gate was judged."),
    "broken": (results(made_of(1.4)), 3, "STOPPED: an internal error ended it. 8 of 8 gates held."),
    "not believed": (results(NOISY), 1, "INVALID (not green): of 8 gates 2 are INVALID."),
    "nothing": (results(), 1, "EMPTY: nothing was measured, so nothing is known."),
    "nothing selected": (results(), 5, "STOPPED: no test was selected. No gate was judged."),
}


def first_of_page(found: Results, run: Run) -> str:
    reader = Reader(Html().render(found, run))
    assert reader.shown["title"][0].startswith(reader.shown["p"][0].split(":")[0].split(" (")[0])
    return reader.shown["p"][0]


def first_of_document(found: Results, run: Run) -> str:
    title, _, line, *_ = Markdown().render(found, run).splitlines()
    assert title.startswith("# A run of ")
    return re.sub(r"\\(.)", r"\1", line).strip("*")


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_became_of_the_run_is_said_first(ending: str) -> None:
    found, code, expected = ENDINGS[ending]
    run = Run(date(2026, 11, 27), FACTS, "pytest perf", Ending(code))
    review = for_review(found, run.ending, None)
    assert first_of_page(found, run) == expected
    assert first_of_document(found, run).startswith(f"{expected}** ")
    assert terminal(found, run.ending)[0] == expected
    schema, (name, decision), *_ = json.loads(Json().render(found, run)).items()
    assert (schema, name, decision["headline"]) == (("schema", 1), "decision", expected)
    assert review.headline == expected
    for made in (comment, summary):
        assert re.sub(r"\\(.)", r"\1", made(review)).startswith(f"**{expected}** ")
    assert re.sub(r"\\(.)", r"\1", note(review)).startswith(f"{expected} ")
