"""What a session's results come to: the headline, what no test asked for, and kinds that are broken."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jitgate.config.policy import Gate
from jitgate.gates.kind import Asked, GateKind
from jitgate.gates.requirements import Requirement, Rules
from jitgate.gates.results import Results
from jitgate.model.cell import Cell
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.verdict import Figure
from jitgate.report.decision import Ending, RunState, decide, held
from jitgate.report.summary import summary
from jitgate.report.table import figures
from jitgate.statistics import Outcome

from tests.jitgate.measurements import made_of
from tests.jitgate.results import KINDS, policy_of

JIT = Cell("my.encoder", "short", "jit")
GATE = Gate("here", variant="jit", limits={"min_speedup": 1.1, "max_memory": 1 << 40})


class Broken(GateKind):
    """Of another package, and wrong."""

    key, attribute, heading = "max_broken", "broken", "broken"

    def figure(self, asked: Asked) -> Figure:
        raise LookupError(f"no such thing in {asked.cell.id}")


def results(*more: GateKind) -> Results:
    return Results(Rules(policy_of(GATE), (*KINDS, *more), "cpu", 0.01), {("my.encoder", "short"): made_of(1.5)})


def ask(found: Results, key: str, limit: float, *, configured: bool = True) -> Outcome:
    return found.add(Requirement(found.rules.kind(key), found.asked(JIT), limit, configured)).outcome


def test_a_limit_of_a_test_is_no_gate_of_the_project_in_what_is_said() -> None:
    found = results()
    assert held(found) == "No gate was judged"
    assert ask(found, "min_speedup", 1.1) is Outcome.PASS
    assert ask(found, "min_speedup", 50.0, configured=False) is Outcome.FAIL
    assert held(found) == "1 of 1 gate held"
    assert decide(found, Ending(0)).state is RunState.GREEN
    assert decide(found, Ending(1)).headline == "RED: of what tests ask by themselves 1 failed."
    assert found.red() == []


def test_a_cell_is_not_green_while_one_of_its_gates_is_not_judged() -> None:
    def shown(found: Results) -> str:
        _, rows = figures(found, found.measurement(JIT))
        return next(row[-1] for row in rows if row[0] == "jit")

    found = results()
    ask(found, "max_memory", 1 << 40)
    assert list(found.unjudged(JIT)) == [("min_speedup", 1.1)]
    assert shown(found) == "not judged"
    ask(found, "min_speedup", 1.1)
    assert list(found.unjudged(JIT)) == []
    assert shown(found) == "PASS"


def test_a_broken_kind_is_invalid_and_hides_no_other_figure() -> None:
    found = results(Broken())
    assert ask(found, "max_broken", 1.0) is Outcome.INVALID
    (verdict,) = found.verdicts
    assert verdict.reason == "max_broken could not be judged: LookupError: no such thing in my.encoder/short/jit"
    lines = summary(found)
    assert any("LookupError" in line and "jit" in line for line in lines)
    assert lines[0] == "INVALID (not green): of 1 gate 1 is INVALID."


@pytest.mark.parametrize("percentile", ["p95", "p99"])
def test_a_worker_that_died_late_has_no_tail(percentile: str) -> None:
    whole = made_of(1.5, failure=Failure(FailureKind.DIED, "worker jit was killed."))
    cut = replace(whole.all_samples["jit"], turns=whole.all_samples["jit"].turns[:20])
    measurement = replace(whole, all_samples={**whole.all_samples, "jit": cut})
    found = Results(Rules(policy_of(GATE), KINDS, "cpu", 0.01), {("my.encoder", "short"): measurement})
    verdict = found.add(Requirement(found.rules.kind(f"min_speedup_{percentile}"), found.asked(JIT), 1.0))
    assert (verdict.outcome, verdict.figure) == (Outcome.FAIL, None)


@pytest.mark.parametrize(
    ("of_eager", "skipped"),
    [(None, True), (FailureKind.UNAVAILABLE, True), (FailureKind.RAISED, False), (FailureKind.DIED, False)],
)
def test_an_engine_that_refuses_what_eager_can_not_run_either_is_not_skipped(
    of_eager: FailureKind | None, skipped: bool
) -> None:
    measurement = made_of(1.5)
    samples = dict(measurement.all_samples)
    samples["jit"] = replace(samples["jit"], failure=Failure(FailureKind.UNAVAILABLE, "jit can't carry this model"))
    if of_eager is not None:
        samples["eager"] = replace(samples["eager"], failure=Failure(of_eager, "eager failed"))
    found = Results(
        Rules(policy_of(), KINDS, "cpu", 0.01), {("my.encoder", "short"): replace(measurement, all_samples=samples)}
    )
    assert (found.skipped(JIT) is not None) == skipped
