"""What a measurement tells of its rounds."""

from dataclasses import replace

import numpy as np
import pytest

from perf.measurement.measurement import Arm, Measurement
from perf.variants.registry import BASELINE, CONTROL
from perf.workers.failure import Failure, FailureKind
from perf.workers.readiness import Cold


def arm(name: str, *turns: tuple[float, ...]) -> Arm:
    return Arm(name, turns, (), (), Cold())


MEASUREMENT = Measurement(
    "w",
    "s",
    "cpu",
    0,
    {
        BASELINE: arm(BASELINE, (1.0, 3.0, 20.0), (2.0, 2.0, 2.0), (5.0, 5.0, 5.0)),
        "jit": arm("jit", (1.0, 1.0, 1.0), (), (4.0, 4.0, 4.0)),
        CONTROL: arm(CONTROL, (3.0, 3.0, 3.0), (2.0, 2.0, 2.0), (6.0, 6.0, 6.0)),
    },
)


def test_a_round_counts_where_every_arm_finished_it() -> None:
    baseline, candidate, control = MEASUREMENT.columns("jit")
    assert baseline.tolist() == [3.0, 5.0]
    assert candidate.tolist() == [1.0, 4.0]
    assert control is not None
    assert control.tolist() == [3.0, 6.0]


def test_unlike_inputs_are_averaged_since_their_median_compares_unlike_things() -> None:
    baseline, _, _ = replace(MEASUREMENT, same_inputs=False).columns("jit")
    assert baseline.tolist() == [8.0, 5.0]


def test_a_failed_control_is_left_out() -> None:
    failed = replace(MEASUREMENT.arms[CONTROL], failure=Failure(FailureKind.DIED, "gone"))
    measurement = replace(MEASUREMENT, arms={**MEASUREMENT.arms, CONTROL: failed})
    assert measurement.columns("jit")[2] is None


def test_durations_are_every_steady_call_and_the_median_is_over_them() -> None:
    jit = MEASUREMENT.arms["jit"]
    assert jit.durations_s == [1.0, 1.0, 1.0, 4.0, 4.0, 4.0]
    assert jit.median_s == pytest.approx(np.median(jit.durations_s))
    assert arm("none").median_s is None


def test_rounds_are_those_of_the_baseline() -> None:
    assert MEASUREMENT.rounds == 3
