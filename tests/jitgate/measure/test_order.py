"""Who has the next turn: shuffled rounds, mirrored blocks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from jitgate.measure.order import Mirrored, Shuffled
from jitgate.model.variant import BASELINE, CONTROL

NAMES = ["aot", CONTROL, "jit", BASELINE]


@given(st.integers(0, 1000), st.integers(0, 50))
def test_every_second_round_goes_backwards(seed: int, number: int) -> None:
    order = Mirrored(seed)
    there, back = order.of(NAMES, 2 * number), order.of(NAMES, 2 * number + 1)
    assert there == back[::-1]
    assert (there[0], there[-1]) == (BASELINE, CONTROL)
    assert sorted(there) == sorted(NAMES)
    assert order.of(NAMES, 2 * number) == there, "a round that did not count is run again as it was"


def test_two_are_abba() -> None:
    turns = [name for number in (0, 1) for name in Mirrored(0).of([BASELINE, "jit"], number)]
    assert turns == [BASELINE, "jit", "jit", BASELINE]


def test_candidates_change_places_among_themselves() -> None:
    between = {tuple(Mirrored(0).of([*NAMES, "ort"], number)[1:-1]) for number in range(0, 40, 2)}
    assert len(between) > 2


@given(st.floats(-0.5, 0.5), st.integers(1, 20))
def test_drift_that_is_linear_in_time_cancels_in_two_rounds(slope: float, pairs: int) -> None:
    """Four workers of equal speed on a machine that slows down from block to block."""
    order, block = Mirrored(3), 0
    figures: dict[str, list[float]] = {name: [] for name in NAMES}
    for number in range(2 * pairs):
        for name in order.of(NAMES, number):
            figures[name].append(slope * block)
            block += 1
    for name in NAMES:
        apart = np.array(figures[BASELINE]) - np.array(figures[name])
        assert abs(apart.mean()) < 1e-9
        assert np.allclose(apart[::2], -apart[1::2])


def test_rounds_are_balanced_in_twos_and_shuffled_ones_at_once() -> None:
    assert [Mirrored(0).balanced(rounds) for rounds in (1, 2, 3, 4)] == [False, True, False, True]
    assert Shuffled(0).balanced(1)
