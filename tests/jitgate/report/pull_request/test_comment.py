"""What a reviewer reads: the worst first, at any size, and nothing of others does anything."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jitgate.report.pull_request.annotations import MOST, commands
from jitgate.report.pull_request.comment import (
    COMMENT_BYTES,
    SUMMARY_BYTES,
    VISIBLE_LINES,
    comment,
    inert,
    note,
    summary,
)
from jitgate.report.pull_request.data import (
    LONGEST,
    OUTCOMES,
    GateRow,
    NotBelieved,
    RunForReview,
    cut,
    read,
    severity,
    written,
)

from tests.jitgate.report.pull_request.made_runs import HOSTILE, row, run_of

texts = st.sampled_from(HOSTILE) | st.text(max_size=80)


def _rows() -> st.SearchStrategy[list[GateRow]]:
    """0 to 10,000 rows: few drawn ones, repeated."""

    def made(outcome: str, cell: str, sentence: str) -> GateRow:
        return row(outcome, cut(cell, LONGEST["cell"]), sentence=cut(sentence, LONGEST["sentence"]))

    few = st.lists(st.builds(made, st.sampled_from(OUTCOMES), texts, texts), max_size=8)
    return st.builds(lambda rows, times: (rows * times)[:10_000], few, st.sampled_from([1, 2, 40, 1250]))


def visible(text: str) -> list[str]:
    """Lines that a reader sees before anything is unfolded; a folded part is one."""
    shown = re.sub(r"<details><summary>(.*?)</summary>.*?</details>", r"\1", text, flags=re.DOTALL)
    return [line for line in shown.splitlines() if line.strip()]


MOST_DRAWN = [row(outcome, f"{text[:150]} {outcome}") for outcome in OUTCOMES for text in HOSTILE[:20]] * 125
"""10,000 rows: hypothesis rarely draws as many."""


@settings(max_examples=40)
@example(MOST_DRAWN, "")
@example([row("FAIL", "\U0001f600" * 200, sentence="|" * 600)] * 10_000, HOSTILE[0])
@example([], "")
@given(_rows(), texts)
def test_at_any_size_the_worst_is_seen_and_the_first_line_is_the_decision(rows: list[GateRow], foreign: str) -> None:
    run = run_of(*rows)
    run = RunForReview(run.exit_code, run.state, cut(run.headline + foreign, 300), "Do this.", "p.toml", run.rows, {})
    for text, limit in ((comment(run, "footer"), COMMENT_BYTES), (summary(run), SUMMARY_BYTES)):
        assert len(text.encode()) <= limit
        lines = visible(text)
        assert len(lines) <= VISIBLE_LINES
        assert lines[0].startswith("**GREEN" if run.exit_code == 0 else "**RED")
        if rows:
            assert lines[3].startswith(f"| {min(rows, key=severity).outcome} |")
        shown = sum(text.count(f"\n| {outcome} |") for outcome in OUTCOMES)
        left = re.search(r"^([\d,]+) gates? \(.*\) (?:is|are) left off here", text, re.MULTILINE)
        assert shown + (int(left[1].replace(",", "")) if left else 0) == len(rows)
        order = [OUTCOMES.index(found[1]) for found in re.finditer(r"^\| ([A-Z]+) \|", text, re.MULTILINE)]
        assert order == sorted(order)
    told = note(run)
    assert len(told.splitlines()) <= VISIBLE_LINES
    assert len(told.encode()) <= COMMENT_BYTES


@settings(max_examples=20)
@example(MOST_DRAWN)
@given(_rows())
def test_what_is_written_is_read_again(rows: list[GateRow]) -> None:
    run = run_of(*rows)
    found = read(written(run).encode())
    assert found.counted() == run.counted()
    assert list(found.rows) == sorted(rows, key=severity)[: len(found.rows)]
    assert (found.exit_code, found.headline) == (run.exit_code, run.headline)


def test_ten_thousand_long_rows_fit_by_leaving_the_least_severe_off() -> None:
    rows = [row("PASS", "c" * 200, sentence="s" * 600)] * 9_999 + [row("FAIL", "worst")]
    found = read(written(run_of(*rows)).encode())
    assert found.rows[0].cell == "worst"
    assert found.left_off["PASS"] == 9_999 - (len(found.rows) - 1)
    assert "left off here, for want of room" in comment(found)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_others_is_shown_and_does_nothing(text: str) -> None:
    found = inert(text)
    assert "\n" not in found
    for sign in "`*_[]<>|~!$":
        bare = re.sub(r"<code>(?:[@#.:-]|//)</code>", "", found)
        assert not re.search(rf"(?<!\\)(?:\\\\)*(?<!\\){re.escape(sign)}", bare), sign
    assert "@" not in found.replace("<code>@</code>", "")
    assert "://" not in found
    assert "www." not in found
    assert not any(ord(sign) < 32 or sign in "\u202e\u2066\x9b" for sign in found)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GH-3 and gh-4", "GH<code>-</code>3 and gh<code>-</code>4"),
        ("WWW.example.invalid", "WWW<code>.</code>example.invalid"),
        (":eyes: :white_check_mark:", "<code>:</code>eyes: <code>:</code>white\\_check\\_mark:"),
        ("at models.py:12: it fails", "at models.py<code>:</code>12: it fails"),
        ("FAIL: 3 of 4", "FAIL: 3 of 4"),
    ],
)
def test_what_github_makes_links_and_pictures_of_stays_text(text: str, shown: str) -> None:
    assert inert(text) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_an_annotation_is_one_command(text: str) -> None:
    (line,) = commands(run_of(row("FAIL", cut(text, 200), sentence=cut(text, 600))))
    assert line.startswith("::error file=pyproject.toml,line=3,title=FAIL ")
    assert "\n" not in line
    assert "\r" not in line
    properties, _, _ = line.removeprefix("::").partition("::")
    assert len(properties.split(",")) == 3


def test_annotations_are_few_and_the_last_says_how_many_are_not_there() -> None:
    rows = [*[row("INCONCLUSIVE")] * 30, row("FAIL", "worst"), *[row("PASS")] * 30]
    lines = commands(run_of(*rows))
    assert len(lines) == MOST
    assert "title=FAIL worst" in lines[0]
    assert lines[-1] == "::error::22 more gates are not PASS; the summary of the job has them"
    assert commands(run_of(row("PASS"))) == []


def test_a_run_that_no_gate_made_red_is_annotated_with_its_headline() -> None:
    stopped = RunForReview(2, "STOPPED", "STOPPED: the run\n::error::x", "Run it again.", "p.toml", (row("PASS"),), {})
    assert commands(stopped) == ["::error title=jitgate::STOPPED: the run\\n::error::x Run it again."]
    open_rows = tuple(replace(row("INCONCLUSIVE"), red=False) for _ in range(30))
    lines = commands(replace(stopped, rows=open_rows))
    assert len(lines) == MOST
    assert lines[-1].startswith("::warning::22 more gates")


def test_the_figures_are_those_of_the_file() -> None:
    found = comment(run_of(row("FAIL", sentence="1.00x is below 1.10x.")))
    assert "| FAIL | m/short/jit | min\\_speedup=1.10 | 1.31x (1.29 to 1.33) | 1.00x is below 1.10x. |" in found


def forged(**changed: object) -> bytes:
    return json.dumps({**json.loads(written(run_of(row("FAIL")))), **changed}).encode()


GOOD = json.loads(written(run_of(row("FAIL"))))["rows"][0]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"[" * 200_000,
        b"x" * (5 << 20),
        forged(schema=2),
        forged(more=1),
        forged(exit_code=0),
        forged(exit_code=True),
        forged(exit_code="1"),
        forged(state="GREEN"),
        forged(headline="GREEN: all is well"),
        forged(headline="RED" + "x" * 400),
        forged(headline="REDeemed: all gates held"),
        forged(headline="RED"),
        forged(exit_code=256),
        forged(exit_code=-1),
        forged(exit_code=1e400),
        forged(exit_code=float("nan")),
        forged(exit_code=10**30),
        forged(state=["RED"]),
        forged(rows=[{**GOOD, "red": 1}]),
        forged(rows=[[GOOD]]),
        b'{"schema": 1, "exit_code": ' + b"9" * 5000 + b"}",
        forged(state="GREEN", headline="GREEN: yes", exit_code=0),
        forged(left_off={"PASS": -1}),
        forged(left_off={"GOOD": 1}),
        forged(rows=[{**GOOD, "outcome": "SUPER"}]),
        forged(rows=[{**GOOD, "outcome": "PASS"}]),
        forged(rows=[{**GOOD, "cell": 3}]),
        forged(rows=[{**GOOD, "cell": "c" * 201}]),
        forged(rows=[{**GOOD, "line": -1}]),
        forged(rows=[{**GOOD, "line": 1.5}]),
        forged(rows=[{**GOOD, "extra": 1}]),
        forged(rows=[GOOD] * 20_001),
        forged(rows="none"),
        forged(file="f" * 300),
    ],
    ids=lambda content: content[:30].decode("ascii", "replace"),
)
def test_what_is_no_such_file_is_not_believed(content: bytes) -> None:
    with pytest.raises(NotBelieved):
        read(content)
