"""A reviewer always sees the two commits, and how much each variant changed, gated or not."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from jitgate.config.policy import Gate
from jitgate.gates.results import Results
from jitgate.model.base_comparison import BaseComparison
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASE, BASELINE, COPY, arm
from jitgate.report.decision import Ending
from jitgate.report.formats import Html, Markdown, Run
from jitgate.report.pull_request.comment import VISIBLE_ROWS
from jitgate.report.pull_request.data import LONGEST, severity
from jitgate.report.pull_request.made import for_review
from jitgate.report.since_base import since_base
from jitgate.report.summary import summary
from jitgate.report.table import WIDEST

from tests.jitgate.gates.test_slowdown import ASKED_FOR, measured
from tests.jitgate.results import policy_of, results_of

GOLDEN = Path(__file__).parent / "golden" / "since_base.txt"

GATE = Gate("here", limits={"max_slowdown_time": 0.03, "max_slowdown_p95": 0.25})


def compared(slower: float = 1.0, base: BaseComparison = ASKED_FOR, rounds: int = 600) -> Measurement:
    """Eager and jit, from the head and from both checkouts of the base."""
    found = measured(slower, rounds=rounds)
    every = dict(found.all_samples)
    for role in (BASE, COPY):
        every[arm("jit", role)] = replace(every[arm(BASELINE, role)], name=arm("jit", role))
    return replace(found, all_samples=every, base=base, confirmation=None)


def results(*measurements: Measurement, gate: Gate = GATE) -> Results:
    return results_of(policy_of(gate, measurements=measurements), *measurements)


OTHER_TORCH = replace(
    ASKED_FOR,
    name="feature/a-branch-with-a-name-that-nobody-wants-to-type",
    changed={
        "numpy": ("1.26.4", "2.2.1"),
        "torch": ("2.3.1", "2.13.0"),
        "python": ("3.10.14", "3.11.9"),
        "alembic": ("none", "1.2"),
    },
)


def test_a_session_says_what_it_said() -> None:
    green, red = compared(), replace(compared(1.1, OTHER_TORCH, rounds=60), scenario="long")
    lines = [*summary(results(green)), "", *summary(results(red)), "", *summary(results(green), verbose=True)]
    run = Run(date(2026, 11, 27), {}, "pytest", Ending(0))
    review = for_review(results(green), Ending(0), None)
    lines += ["", Markdown().render(results(green), run), review.headline, *(row.figure for row in review.rows)]
    said = "\n".join(line.rstrip() for line in lines) + "\n"
    if os.environ.get("JITGATE_WRITE_GOLDEN"):
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(said, encoding="utf-8")
    assert said == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("base", [ASKED_FOR, OTHER_TORCH])
def test_what_changed_is_said_on_lines_of_at_most_a_hundred_columns(base: BaseComparison) -> None:
    found = results(compared(base=base))
    lines = summary(found)
    head = next(place for place, line in enumerate(lines) if line.startswith("  since base"))
    assert all(len(line) <= WIDEST for line in lines[: head + 5] if not line.startswith("  note"))
    assert "base" in lines[2]
    assert f"-> head {ASKED_FOR.head[:10]}" in " ".join(line.strip() for line in lines[2:6])


def test_a_green_page_and_a_green_comment_have_both_commits_and_the_change() -> None:
    found = results(compared())
    page = Html().render(found, Run(date(2026, 11, 27), {}, "pytest", Ending(0)))
    review = for_review(found, Ending(0), None)
    assert review.state == "GREEN"
    assert "base main (aaaaaaaaaa) -&gt; head bbbbbbbbbb" in page
    assert review.headline.endswith("Base main (aaaaaaaaaa) -> head bbbbbbbbbb.")
    assert len(review.headline) <= LONGEST["headline"]
    (time,) = [row for row in review.rows if row.gate.startswith("max_slowdown.time") and row.cell.endswith("eager")]
    assert time.outcome == "PASS"
    assert "% (" in time.figure
    assert time.figure in page
    shown = sorted(review.rows, key=severity)[:VISIBLE_ROWS]
    assert [row.gate.partition("=")[0] for row in shown] == ["max_slowdown.time", "max_slowdown.p95"] * 2


def test_the_versions_of_two_environments_are_in_the_headline_torch_first() -> None:
    line = " ".join(part.strip() for part in summary(results(compared(base=OTHER_TORCH)))[2:5])
    assert ", python 3.10.14 -> 3.11.9, torch 2.3.1 -> 2.13.0, numpy 1.26.4 -> 2.2.1 and 1 more" in line


def test_what_is_only_reported_is_not_gated_and_what_no_test_asked_is_not_judged() -> None:
    every = {row[:2]: row[3:] for row in since_base(results(compared()), compared(), every=True)}
    assert every[BASELINE, "time of a call"] == ("3%", "PASS")
    assert every[BASELINE, "peak memory"] == ("not gated", "-")
    silent = results_of(policy_of(GATE, measurements=[compared()]), compared(), ask=False)
    assert since_base(silent, compared())[1][3:] == ("3%", "not judged")


def test_what_is_new_in_head_or_fails_in_base_has_no_figure() -> None:
    died = Failure(FailureKind.RAISED, "eager#base raised")
    found = compared()
    broken = {**found.all_samples, "eager#base": replace(found.all_samples["eager#base"], failure=died)}
    gone = replace(found, all_samples=broken)
    assert since_base(results(gone), gone)[1] == (BASELINE, "time of a call", "-", "3%", "INVALID")
    new = replace(gone, base=replace(ASKED_FOR, workloads=frozenset()))
    assert since_base(results(new), new)[1] == (BASELINE, "time of a call", "new in head", "3%", "INCONCLUSIVE")


def test_a_session_without_a_base_says_nothing_of_one() -> None:
    alone = replace(compared(), base=None)
    assert since_base(results(alone), alone, every=True) == []
    assert not any("base" in line.split() for line in summary(results(alone)))


@pytest.mark.parametrize(
    ("base", "said"),
    [
        (BaseComparison("1a2b3c4d", "1a2b3c4d5e6f"), "base 1a2b3c4d5e -> head"),
        (BaseComparison("../other"), "base ../other -> head"),
        (
            BaseComparison("HEAD", "a" * 12, "a" * 12, dirty=True),
            "base HEAD (aaaaaaaaaa) -> head aaaaaaaaaa with changes",
        ),
    ],
)
def test_a_commit_a_directory_and_a_dirty_head_are_named(base: BaseComparison, said: str) -> None:
    assert base.sides.startswith(said)


def test_gates_that_the_same_change_has_changed_are_in_every_report() -> None:
    note = "This change also changes what is required: removed: net/*/* max_slowdown = 3%."
    found = results(compared(base=replace(ASKED_FOR, notes=(note,))))
    run = Run(date(2026, 11, 27), {}, "pytest", Ending(0))
    assert note in Html().render(found, run)
    assert "removed: net/" in Markdown().render(found, run)
    assert note in for_review(found, Ending(0), None).action
