"""What a test can do with a figure: only PASS is green, however it is asked."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from jitgate.gates.kind import Asked, GateKind, Judged
from jitgate.gates.requirements import Requirement, Rules
from jitgate.gates.results import Results
from jitgate.model.cell import Cell
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.verdict import Figure, Verdict
from jitgate.plugin.blocked import Blocked
from jitgate.plugin.candidate import Candidate, Comparison, explain
from jitgate.statistics import Outcome

from tests.jitgate.measurements import made_of
from tests.jitgate.results import KINDS, policy_of

JIT = Cell("my.encoder", "short", "jit")


class Counting(GateKind):
    """Says what it is told to, and counts how often it is asked."""

    key, attribute, operator = "min_counted", "counted", ">="

    def __init__(self, outcome: Outcome = Outcome.PASS) -> None:
        self.outcome = outcome
        self.asked: list[tuple[int, float]] = []

    def figure(self, asked: Asked) -> Figure:
        return Figure("between 1 and 3", 2.0, 1.0, 3.0)

    def judge(self, asked: Asked, limit: float) -> Judged:
        self.asked.append((id(asked.measurement), limit))
        return Judged(self.outcome, "As said.", "Do something.")


def candidate_of(measurement: Measurement, *more: GateKind, lenient: bool = False) -> Candidate:
    """A candidate of a session that measures nothing more."""
    rules = Rules(policy_of(), (*KINDS, *more), "cpu", 0.01)
    results = Results(rules, {("my.encoder", "short"): measurement})

    def decide(requirement: Requirement) -> Verdict:
        return results.add(requirement)

    state = SimpleNamespace(
        rules=rules,
        results=results,
        decide=decide,
        policy=SimpleNamespace(skip_inconclusive=lenient),
        progress=SimpleNamespace(idle=lambda: None),
        blocked=Blocked(),
        measurements=SimpleNamespace(get=lambda *_: measurement),
    )
    config = SimpleNamespace(getoption=lambda name: False)
    item = SimpleNamespace(add_report_section=lambda *_: None, user_properties=[], config=config, stash=pytest.Stash())
    return Candidate(cast("Any", state), JIT, cast("Any", item))


def counted(outcome: Outcome, *, lenient: bool = False) -> Comparison:
    return candidate_of(made_of(1.4), Counting(outcome), lenient=lenient).counted


@pytest.mark.parametrize("compare", [operator.ge, operator.gt])
def test_the_requirement_is_true_where_it_passes_and_false_where_it_fails(
    compare: Callable[[Any, Any], bool],
) -> None:
    assert compare(counted(Outcome.PASS), 2.0) is True
    assert compare(counted(Outcome.FAIL), 5.0) is False


@pytest.mark.parametrize("compare", [operator.le, operator.lt])
def test_its_opposite_is_true_only_where_it_is_proven_to_fail(compare: Callable[[Any, Any], bool]) -> None:
    assert compare(counted(Outcome.FAIL), 5.0) is True
    assert compare(counted(Outcome.PASS), 2.0) is False


@pytest.mark.parametrize("outcome", [Outcome.INCONCLUSIVE, Outcome.INVALID])
@pytest.mark.parametrize("compare", [operator.ge, operator.gt, operator.le, operator.lt])
def test_what_can_not_be_answered_fails_however_it_is_asked(
    outcome: Outcome, compare: Callable[[Any, Any], bool]
) -> None:
    with pytest.raises(pytest.fail.Exception, match=f"{outcome}: As said"):
        compare(counted(outcome), 2.0)
    with pytest.raises(pytest.fail.Exception):
        assert not compare(counted(outcome), 2.0)


@pytest.mark.parametrize("compare", [operator.ge, operator.gt, operator.le, operator.lt])
def test_a_failure_that_the_figure_does_not_show_says_nothing_of_the_opposite(
    compare: Callable[[Any, Any], bool],
) -> None:
    with pytest.raises(pytest.fail.Exception, match="FAIL: As said"):
        compare(counted(Outcome.FAIL), 2.0)
    dead = made_of(1.4)
    failed = replace(dead.all_samples["jit"], failure=Failure(FailureKind.DIED, "worker jit was killed."))
    died = replace(dead, all_samples={**dead.all_samples, "jit": failed})
    with pytest.raises(pytest.fail.Exception, match="worker jit was killed"):
        compare(candidate_of(died).speedup, 100.0)


@pytest.mark.parametrize("limit", [0, -1.0, float("nan"), float("inf")])
def test_what_is_no_limit_is_refused(limit: float) -> None:
    with pytest.raises(TypeError, match="is no limit; compare it with a number above 0"):
        _ = counted(Outcome.PASS) >= limit


def test_a_verdict_has_no_truth_of_its_own() -> None:
    with pytest.raises(TypeError, match=r"ask for \.green"):
        bool(candidate_of(made_of(1.4)).noise_floor.verdict)


def test_a_limit_on_the_left_is_the_same() -> None:
    assert counted(Outcome.PASS) >= 2.0
    with pytest.raises(pytest.fail.Exception):
        assert not counted(Outcome.INVALID) >= 2.0


def test_undecided_is_skipped_where_the_project_says_so_and_invalid_is_not() -> None:
    with pytest.raises(pytest.skip.Exception, match="INCONCLUSIVE: As said"):
        _ = counted(Outcome.INCONCLUSIVE, lenient=True) >= 2.0
    with pytest.raises(pytest.fail.Exception):
        _ = counted(Outcome.INVALID, lenient=True) >= 2.0


@pytest.mark.parametrize(
    "use",
    [
        bool,
        float,
        round,
        abs,
        lambda found: found == 2.0,
        lambda found: found != 2.0,
        lambda found: found == pytest.approx(2.0),
        lambda found: found + 1,
        lambda found: 1 / found,
        lambda found: found * 2 >= 1,
    ],
)
def test_everything_else_is_refused_in_a_sentence(use: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError, match=r"counted of my\.encoder.short.jit: it is|counted of .*: an interval is never"):
        use(counted(Outcome.PASS))


def test_estimate_and_ends_are_numbers_where_they_can_be_believed() -> None:
    found = counted(Outcome.PASS)
    assert (found.estimate, found.low, found.high) == (2.0, 1.0, 3.0)
    with pytest.raises(pytest.fail.Exception, match=r"counted of .* is not known: As said"):
        _ = counted(Outcome.INVALID).low
    wrong = candidate_of(made_of(2.0, rel_l2=0.5)).speedup
    with pytest.raises(pytest.fail.Exception, match="speed counts only for the right answer"):
        _ = wrong.estimate


def test_a_kind_judges_once_for_a_measurement_and_limit_however_often_it_is_asked() -> None:
    kind = Counting()
    candidate = candidate_of(made_of(1.4), kind)
    for _ in range(3):
        assert candidate.counted >= 2.0
        assert candidate.counted >= 3.0
        assert candidate.counted.estimate == 2.0
    results = candidate.results
    assert [verdict.limit for verdict in results.verdicts] == [2.0, 3.0]
    results.close()
    assert len(kind.asked) == len(set(kind.asked))


def test_an_attribute_that_there_is_not_says_which_there_are() -> None:
    with pytest.raises(AttributeError, match="a candidate has no 'speed'; it has speedup, speedup_p95"):
        _ = candidate_of(made_of(1.4)).speed


def test_percentiles_are_attributes() -> None:
    candidate = candidate_of(made_of(1.4, rounds=400))
    assert candidate.p95_ms <= 12.0
    assert candidate.speedup_p95 >= 1.1


def test_a_failed_comparison_is_explained_by_its_verdict() -> None:
    found = counted(Outcome.FAIL)
    assert not found >= 5.0
    lines = explain(">=", found, 5.0)
    assert lines is not None
    assert lines[0] == "between 1 and 3 >= 5"
    assert lines[1] == "FAIL: As said. Do something."
    assert lines[-1].startswith("asked for: ")
    assert lines[-1].endswith("; next: do something")
    assert explain(">=", 1, 2) is None
