"""Base, copy and head in one measurement: what is slower, what is noise, what can't be compared."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jitgate.gates.kind import Asked
from jitgate.gates.slowdown import MaxSlowdownTime
from jitgate.model.accuracy import Accuracy
from jitgate.model.base_comparison import BaseComparison
from jitgate.model.cell import Cell
from jitgate.model.errors import UsageError
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASE, BASELINE, COPY, arm
from jitgate.statistics import Outcome

from tests.jitgate.measurements import made_of

KIND = MaxSlowdownTime()
ASKED_FOR = BaseComparison("main", "a" * 40, "b" * 40, workloads=frozenset({"my.encoder"}))


def measured(
    slower: float, *, copy: float = 1.0, seed: int = 0, spread: float = 0.005, rounds: int = 60
) -> Measurement:
    """Eager of the head takes `slower` times as long as the base's; the copy `copy` times."""
    head = made_of(1 / slower, seed=seed, spread=spread, rounds=rounds)
    other = made_of(1 / copy, seed=seed + 1, spread=spread, rounds=rounds)
    every = dict(head.all_samples)
    every[BASELINE] = replace(head.all_samples["jit"], name=BASELINE)
    every[arm(BASELINE, BASE)] = replace(other.all_samples[BASELINE], name=arm(BASELINE, BASE))
    every[arm(BASELINE, COPY)] = replace(other.all_samples["jit"], name=arm(BASELINE, COPY))
    return replace(head, all_samples=every, base=ASKED_FOR)


def asked(measurement: Measurement, **changes: object) -> Asked:
    return replace(Asked(measurement, Cell("my.encoder", "short", BASELINE), 0.01), **changes)  # type: ignore[arg-type]


def test_a_slower_head_fails_once_it_was_seen_twice() -> None:
    first = measured(1.10)
    once = asked(first)
    assert KIND.judge(once, 0.03).outcome is Outcome.INCONCLUSIVE
    assert KIND.wants_confirmation(once, 0.03)
    found = KIND.judge(asked(replace(first, confirmation=measured(1.09, seed=7))), 0.03)
    assert found.outcome is Outcome.FAIL
    assert "A call takes +10" in found.reason
    assert found.advice.startswith("Confirmed")


def test_a_slowdown_of_one_start_is_not_the_commits() -> None:
    found = KIND.judge(asked(replace(measured(1.10), confirmation=measured(1.0, seed=7))), 0.03)
    assert found.outcome is Outcome.INCONCLUSIVE
    assert "of one start" in found.advice


def test_the_same_speed_passes() -> None:
    assert KIND.judge(asked(measured(1.0)), 0.03).outcome is Outcome.PASS


def test_what_two_checkouts_of_the_base_differ_by_is_not_the_heads() -> None:
    """The copy is 4 % off, the head as much the other way: the base's own places in memory may explain it."""
    assert KIND.judge(asked(measured(1.04, copy=0.96)), 0.03).outcome is not Outcome.FAIL


def test_checkouts_swap_roles_and_the_control_does_not_cancel() -> None:
    columns = measured(1.0, copy=1.05, spread=1e-6).against_base(BASELINE)
    assert columns is not None
    assert columns.control is not None
    assert columns.baseline[1] / columns.baseline[0] == pytest.approx(1.05, rel=1e-3)
    assert columns.control / columns.baseline == pytest.approx(1.05, rel=1e-3)


def of_arm(measurement: Measurement, role: str, **changes: object) -> Measurement:
    name = arm(BASELINE, role)
    samples = replace(measurement.all_samples[name], **changes)  # type: ignore[arg-type]
    return replace(measurement, all_samples={**measurement.all_samples, name: samples})


DIED = Failure(FailureKind.RAISED, "eager#base raised in building the model: no such layer")
LEAKED = Failure(FailureKind.WRONG_SOURCE, "eager#base imported toy from the head")


@pytest.mark.parametrize(
    ("changes", "base", "outcome", "said"),
    [
        ({"failure": DIED}, ASKED_FOR, Outcome.INVALID, "fails: eager#base raised"),
        ({"failure": DIED}, replace(ASKED_FOR, workloads=frozenset()), Outcome.INCONCLUSIVE, "New in head"),
        ({"failure": DIED}, replace(ASKED_FOR, workloads=None), Outcome.INCONCLUSIVE, "New in head"),
        ({"failure": LEAKED}, replace(ASKED_FOR, workloads=None), Outcome.INVALID, "imported toy from the head"),
        ({"accuracy": Accuracy(0.3)}, ASKED_FOR, Outcome.INVALID, "outputs of base and head differ"),
        ({"fallback": "it is eager"}, ASKED_FOR, Outcome.INVALID, "The base can't be believed"),
        ({}, replace(ASKED_FOR, problem="both are one commit"), Outcome.INVALID, "both are one commit"),
    ],
)
def test_what_cannot_be_compared_is_never_green(
    changes: dict[str, object], base: BaseComparison, outcome: Outcome, said: str
) -> None:
    found = KIND.judge(asked(replace(of_arm(measured(1.0), BASE, **changes), base=base)), 0.03)
    assert found.outcome is outcome
    assert said in found.reason


def test_a_benchmark_that_is_new_fails_nothing() -> None:
    found = of_arm(measured(1.0), BASE, failure=DIED)
    assert KIND.judge(asked(replace(found, base=replace(ASKED_FOR, workloads=frozenset()))), 0.03).lenient


def test_an_output_change_that_a_gate_allows_is_judged_by_its_speed() -> None:
    found = of_arm(measured(1.0), BASE, accuracy=Accuracy(0.01))
    assert KIND.judge(asked(found, output_change=0.02), 0.03).outcome is Outcome.PASS
    assert KIND.judge(asked(found, output_change=0.002), 0.03).outcome is Outcome.INVALID


def test_a_head_that_died_fails_and_is_not_measured_again() -> None:
    found = measured(1.0)
    head = replace(found.all_samples[BASELINE], failure=DIED)
    died = asked(replace(found, all_samples={**found.all_samples, BASELINE: head}))
    assert KIND.judge(died, 0.03).outcome is Outcome.FAIL
    assert not KIND.wants_confirmation(died, 0.03)


def test_a_limit_is_a_share() -> None:
    assert KIND.parse("3%", "here") == pytest.approx(0.03)
    with pytest.raises(UsageError, match='max_slowdown = "3" must be a share'.replace('"', "'")):
        KIND.parse("3", "here")
