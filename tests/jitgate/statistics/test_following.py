"""What tells a stored answer from a rough one."""

import numpy as np
import pytest
from jitgate.statistics.following import following, variation

GENERATOR = np.random.default_rng(1)
RIGHT = 5 + GENERATOR.normal(size=(6, 500))


@pytest.mark.parametrize("error", [0.0, 0.01, 1.0, 3.0])
def test_an_output_with_an_error_of_its_own_follows(error: float) -> None:
    found = following(RIGHT + error * GENERATOR.normal(size=RIGHT.shape), RIGHT)
    assert found == pytest.approx(1.0, abs=0.25)


def test_a_stored_answer_does_not() -> None:
    assert following(np.tile(RIGHT[0], (6, 1)), RIGHT) == pytest.approx(0.0, abs=1e-12)


def test_nor_does_the_answer_of_the_call_before() -> None:
    found = following(np.roll(RIGHT, 1, axis=0), RIGHT)
    assert found is not None
    assert abs(found) < 0.4


def test_nothing_is_said_of_two_outputs_or_of_equal_ones() -> None:
    assert following(RIGHT[:2], RIGHT[:2]) is None
    assert following(np.ones((4, 3)), np.ones((4, 3))) is None


def test_variation_is_relative_to_the_size() -> None:
    assert variation(np.ones((4, 3))) == 0.0
    assert variation(RIGHT) == pytest.approx(1 / 26**0.5, rel=0.1)
    assert variation(1000 * RIGHT) == pytest.approx(variation(RIGHT))
    assert variation(np.zeros((4, 3))) == 0.0
