"""Do outputs follow their inputs, where they hold numbers and choices?"""

from __future__ import annotations

import numpy as np
import pytest
from jitgate.pool.output_sample import OutputSample
from jitgate.pool.stored_answer import Sketches, follows, stale

CALLS = 6
TOLERANCE = 1e-4


def scores(number: int) -> np.ndarray:
    return np.random.default_rng(number).normal(size=8)


def sketches(numbers: list[np.ndarray], choices: list[float]) -> Sketches:
    """Of a worker with these outputs; eager's numbers are those of its inputs, and its choice is always 0."""
    exact = (False, True)
    return [
        (
            OutputSample((numbers[call], np.array([choices[call]])), exact).sketch,
            OutputSample((scores(call), np.array([28.0 if call == 2 else 0.0])), exact).sketch,
        )
        for call in range(CALLS)
    ]


def test_a_choice_between_equals_that_falls_out_otherwise_does_not_hide_that_numbers_follow() -> None:
    made = sketches([scores(call) for call in range(CALLS)], [0.0] * CALLS)
    assert stale(made, TOLERANCE, exact=True) == ""
    assert follows(made, TOLERANCE, exact=True)


@pytest.mark.parametrize("choices", [[0.0] * CALLS, [0.0, 0.0, 28.0, 0.0, 0.0, 0.0]])
def test_right_choices_do_not_hide_numbers_that_are_stored(choices: list[float]) -> None:
    assert "eager's follows them" in stale(sketches([scores(0)] * CALLS, choices), TOLERANCE, exact=True)


def test_choices_tell_where_numbers_do_not_vary_and_where_there_are_none() -> None:
    def of(choices: list[float], right: list[float], *numbers: float) -> Sketches:
        exact = (*(False for _ in numbers), True)
        rows = [(*(np.array([each]) for each in numbers), np.array([choice])) for choice in choices]
        rights = [(*(np.array([each]) for each in numbers), np.array([choice])) for choice in right]
        return [
            (OutputSample(one, exact).sketch, OutputSample(other, exact).sketch)
            for one, other in zip(rows, rights, strict=True)
        ]

    right = [1.0, 5.0, 2.0, 7.0]
    for numbers in ((), (2.5,)):
        assert follows(of(right, right, *numbers), TOLERANCE, exact=True)
        assert "stored answer" in stale(of([1.0] * 4, right, *numbers), TOLERANCE, exact=True)
