from __future__ import annotations

import pytest

from perf.measurement.turn_size import MOST_CALLS, calls_in_a_turn


@pytest.mark.parametrize(
    ("seen_s", "expected"),
    [([], 2), ([0.5], 2), ([0.2], 4), ([0.1], 4), ([0.01], 7), ([0.002] * 5, 31), ([1e-7], 1 + MOST_CALLS), ([1.0], 1)],
)
def test_a_turn_is_long_enough_to_pay_for_its_hand_over(seen_s: list[float], expected: int) -> None:
    assert calls_in_a_turn(seen_s) == expected
