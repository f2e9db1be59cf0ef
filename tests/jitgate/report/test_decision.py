"""The first line of everything that people read, and that it never says otherwise than the exit code."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from jitgate.config.policy import Gate
from jitgate.gates.results import Results
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement
from jitgate.report.decision import Ending, RunDecision, RunState, decide, held
from jitgate.report.pull_request.comment import comment
from jitgate.report.pull_request.data import STATES, read, written
from jitgate.report.pull_request.made import for_review

from tests.jitgate.measurements import made_of
from tests.jitgate.results import policy_of, results_of

GATE = Gate("here", variant="jit", limits={"min_speedup": 1.10})


def judged(*measurements: Measurement, gate: Gate | None = GATE) -> Results:
    policy = policy_of(*([] if gate is None else [gate]), measurements=measurements, memory_limit_bytes=4 << 30)
    return results_of(policy, *measurements)


def of(*measurements: Measurement, code: int | None = None, gate: Gate | None = GATE) -> RunDecision:
    return decide(judged(*measurements, gate=gate), Ending(code))


def test_all_gates_held() -> None:
    found = of(made_of(1.4), code=0)
    assert (found.headline, found.action) == ("GREEN: 8 of 8 gates held.", "Nothing to do.")


def test_a_red_gate_is_named_with_what_to_do() -> None:
    found = of(made_of(1.0), code=1)
    assert found.headline == "RED: of 8 gates 1 failed."
    assert found.action == (
        "my.encoder/short/jit, min_speedup=1.10: find what made it slow, or lower the limit if that is intended."
    )


def test_of_many_the_worst_is_named_first() -> None:
    large = replace(made_of(1.10, seed=3, peak_bytes=5 << 30), scenario="large")
    found = of(made_of(1.10, seed=3), large, code=1)
    assert found.state is RunState.RED
    assert found.headline == "RED: of 16 gates 2 failed and 2 are INCONCLUSIVE."
    assert found.action.startswith("Begin with my.encoder/large/")
    assert "max_memory=4.00GiB" in found.action


def test_what_is_not_decided_is_not_green() -> None:
    found = of(made_of(1.10, seed=3), code=1)
    assert found.headline == "UNDECIDED (not green): of 8 gates 1 is INCONCLUSIVE."
    step = "quiet the machine, measure in freshly started processes (--jitgate-processes), or move the limit."
    assert found.action == f"my.encoder/short/jit, min_speedup=1.10: {step}", "its reason says that no rounds help"


def test_more_rounds_are_advised_where_they_decide() -> None:
    found = of(made_of(1.15, rounds=12), code=1)
    assert re.fullmatch(
        r"my\.encoder/short/jit, min_speedup=1\.10: measure about \d+ more rounds \(.*\) to decide, "
        r"with a larger --jitgate-budget\.",
        found.action,
    )


def test_what_can_not_be_believed_says_so() -> None:
    found = of(made_of(1.4, rel_l2=None), code=1)
    assert found.headline.startswith("INVALID (not green): of 8 gates ")


def test_where_no_speed_is_asked_for_the_line_says_so() -> None:
    found = of(made_of(0.6), code=0, gate=None)
    assert found.headline == "GREEN: 7 of 7 gates held; speed is not gated."
    assert "min_speedup" in found.action


def test_a_variant_that_can_not_run_and_need_not_is_no_gate() -> None:
    lacking = made_of(1.4, failure=Failure(FailureKind.UNAVAILABLE, "needs a card; get one"))
    assert of(lacking, code=0, gate=None).headline == "GREEN: 3 of 3 gates held; speed is not gated."
    assert of(lacking, code=1).state is RunState.RED


@pytest.mark.parametrize("code", [2, 3, 4, 5])
def test_a_run_that_did_not_come_to_its_end_is_never_green(code: int) -> None:
    assert of(made_of(1.4), code=code).state is RunState.STOPPED


def test_a_run_that_measured_nothing_is_never_green() -> None:
    assert of(code=0).state is RunState.EMPTY


@pytest.mark.parametrize("ratio", [0.9, 1.0, 1.1, 1.4])
@pytest.mark.parametrize("code", [0, 1, 2, 3, 4, 5])
def test_green_is_said_of_exit_code_0_alone(ratio: float, code: int) -> None:
    results = judged(made_of(ratio, seed=3))
    if code == 0 and results.red():
        return  # pytest can't end so: a red gate makes the exit code 1
    assert (decide(results, Ending(code)).state is RunState.GREEN) == (code == 0)


def test_what_makes_a_session_red_beyond_its_gates_is_the_headline() -> None:
    found = decide(judged(made_of(1.4)), Ending(1, ("VANISHED my.encoder/long: it was not measured now",)))
    assert found.headline == "RED: VANISHED my.encoder/long: it was not measured now"
    assert decide(judged(made_of(1.4)), Ending(1)).headline.startswith("RED: a test that is no gate, or ")


def test_what_held_is_counted_with_what_did_not() -> None:
    assert held(judged(made_of(1.4))) == "8 of 8 gates held"
    assert held(judged(made_of(1.0))) == "7 of 8 gates held; 1 FAIL"
    assert held(judged()) == "No gate was judged"


def test_nothing_to_measure_is_green_and_says_why() -> None:
    nothing = judged()
    found = decide(nothing, Ending(0, unchanged="base and head have the same files"))
    assert found.state is RunState.GREEN
    assert found.headline == "GREEN: nothing to measure: base and head have the same files."
    assert decide(nothing, Ending(1, unchanged="they have the same files")).state is RunState.EMPTY


def test_a_run_that_judged_nothing_says_so() -> None:
    measured = results_of(policy_of(), made_of(1.4), ask=False)
    assert decide(measured, Ending(0)).headline == "NOT GATED: no gate was judged, figures are only reported."


def judged_in_part(*kinds: str, gate: Gate | None = GATE) -> Results:
    """Only the tests of these kinds ran, as with `-k`."""
    policy = policy_of(*([] if gate is None else [gate]), measurements=[made_of(1.4)], memory_limit_bytes=4 << 30)
    results = results_of(policy, made_of(1.4), ask=False)
    for cell in list(results.cells()):
        for requirement in results.rules.of(results.measurement(cell), cell):
            if requirement.kind.key in kinds:
                results.add(requirement)
    return results


def test_what_has_a_limit_and_was_not_judged_is_not_said_to_have_none() -> None:
    found = decide(judged_in_part("max_memory"), Ending(0))
    assert found.headline == "GREEN: 2 of 2 gates held; speed is not judged, since no test of it ran."
    assert found.action == "To judge speed, run its tests too."
    found = decide(judged_in_part("tolerance", gate=None), Ending(0))
    memory, speed = "memory is not judged, since no test of it ran", "speed is not gated"
    assert found.headline == f"GREEN: 1 of 1 gate held; {memory}; {speed}."
    assert found.action.startswith("To judge memory, run its tests too; to gate speed, set min_speedup in ")


def test_what_makes_a_session_red_comes_before_what_is_open() -> None:
    gone = ("VANISHED my.encoder/long: it was not measured now",)
    assert decide(judged(made_of(1.10, seed=3)), Ending(1, gone)).headline == f"RED: {gone[0]}"
    assert decide(judged(made_of(1.0)), Ending(1, gone)).headline == "RED: of 8 gates 1 failed."


def test_what_is_open_and_fails_nothing_is_not_called_green() -> None:
    found = judged(made_of(1.10, seed=3))
    lenient = replace(found.rules, policy=replace(found.rules.policy, skip_inconclusive=True))
    decision = decide(replace(found, rules=lenient), Ending(0))
    assert decision.state is RunState.OPEN
    assert decision.headline == "NOT DECIDED: 7 of 8 gates held; 1 INCONCLUSIVE, which fails nothing here."
    assert decision.action == "The reason of what is INCONCLUSIVE says what would decide it."
    review = read(written(for_review(replace(found, rules=lenient), Ending(0), None)).encode())
    assert (review.exit_code, review.state) == (0, "NOT DECIDED")
    assert comment(review).startswith("**NOT DECIDED: 7 of 8 gates held")


def test_every_state_is_known_to_who_reads_the_file_for_review() -> None:
    assert set(STATES) == set(map(str, RunState))
