"""Is the variant what its name says, and did it only run while it was timed?"""

from dataclasses import replace
from typing import Any

import pytest
from jitgate.gates.validity import UNROUNDED, in_words
from jitgate.model.accuracy import Accuracy
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.statistics import Outcome

from tests.jitgate.measurements import made_of
from tests.jitgate.results import JUDGE


def changed(name: str, **fields: Any) -> Measurement:
    measurement = made_of(2.0)
    return replace(
        measurement, all_samples={**measurement.all_samples, name: replace(measurement.all_samples[name], **fields)}
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"fallback": "it is eager"}, "jit is eager."),
        (
            {"recompiles": {"recompile: size of 'x'": 3}},
            "jit recompiled 3 times while being timed: 3 x recompile (size of 'x').",
        ),
        ({"precision": "int8"}, "its output is float32's (relative L2 error 1.0e-06)"),
    ],
    ids=["off", "rebuilt", "not rounded"],
)
def test_no_speed_is_believed_of_what_is_off_or_was_built_anew(fields: dict[str, Any], said: str) -> None:
    measurement = changed("jit", **fields)
    for verdict in (
        JUDGE.speed(measurement, "jit", 1.10),
        JUDGE.timed(measurement, "jit", "max_p95_ms", 1000.0),
        JUDGE.authenticity(measurement, "jit"),
    ):
        assert verdict.outcome is Outcome.INVALID
        assert said in verdict.reason
    assert not JUDGE.undecided(measurement, "jit", "min_speedup", 1.10), "more rounds change nothing about it"


def test_what_is_on_and_only_ran_passes_whatever_it_built_while_it_was_warmed_up() -> None:
    measurement = changed("jit", warm_up_recompiles={"recompile": 9})
    assert JUDGE.authenticity(measurement, "jit").outcome is Outcome.PASS
    assert JUDGE.speed(measurement, "jit", 1.10).outcome is Outcome.PASS


@pytest.mark.parametrize("name", [BASELINE, CONTROL])
def test_a_baseline_that_was_built_anew_is_no_baseline(name: str) -> None:
    verdict = JUDGE.speed(changed(name, recompiles={"graph break": 1}), "jit", 1.10)
    assert verdict.outcome is Outcome.INVALID
    assert verdict.reason.startswith(f"The reference can't be believed: {name} recompiled")


def test_rebuilds_may_be_allowed_and_a_dead_variant_is_a_failure() -> None:
    twice = changed("jit", recompiles={"recompile": 2})
    assert JUDGE.authenticity(twice, "jit", 1).outcome is Outcome.INVALID
    assert JUDGE.authenticity(twice, "jit", 2).outcome is Outcome.PASS
    dead = changed("jit", failure=Failure(FailureKind.DIED, "gone"))
    assert JUDGE.authenticity(dead, "jit").outcome is Outcome.FAIL


@pytest.mark.parametrize(("rel_l2", "on"), [(UNROUNDED / 2, False), (UNROUNDED * 2, True), (0.0, False)])
def test_half_precision_leaves_its_mark(rel_l2: float, on: bool) -> None:
    measurement = changed("jit", precision="bf16", accuracy=Accuracy(rel_l2), tolerance=0.1)
    assert (JUDGE.authenticity(measurement, "jit").outcome is Outcome.PASS) == on


def test_causes_are_counted_with_the_most_frequent_reason_of_each() -> None:
    recompiles = {"recompile: a": 1, "recompile: b": 2, "recompile": 3, "graph break": 1}
    assert in_words(recompiles) == "6 x recompile (b), 1 x graph break"
    assert in_words({}) == ""
