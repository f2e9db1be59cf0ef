"""The host's time of a turn against the sum of its calls."""

from __future__ import annotations

import pytest
from jitgate.model.turn import Turn
from jitgate.pool.host_clock import HostClock


def clock(calls_s: float, host_s: float, turns: int = 5, looking_s: float = 0.0) -> HostClock:
    made = HostClock()
    for _ in range(turns):
        made.note(Turn((round(calls_s * 1e9),), (), looking_s=looking_s), host_s)
    return made


EAGER = clock(0.06, 0.065)


def test_what_a_turn_needs_around_its_calls_is_nothing() -> None:
    assert clock(0.03, 0.04).problem(EAGER) == ""
    assert EAGER.problem(EAGER) == ""


def test_calls_that_a_slow_clock_makes_short_show_in_the_turn() -> None:
    found = clock(0.006, 0.065).problem(EAGER)
    assert found.startswith("by the host's clock its turns take 54 ms more than the sum of its calls")


def test_looking_at_outputs_is_known() -> None:
    assert clock(0.006, 0.065, looking_s=0.054).problem(clock(0.06, 0.119, looking_s=0.054)) == ""


def test_what_is_computed_once_the_output_is_looked_at_is_not() -> None:
    found = clock(0.006, 0.065, looking_s=0.054).problem(EAGER)
    assert found.startswith("by the host's clock its turns take 54 ms more")


def test_calls_can_not_take_longer_than_their_turn() -> None:
    found = clock(0.2, 0.06, turns=2).problem(EAGER)
    assert found == "in 2 turns its calls take longer than the whole turn does by the host's clock"


@pytest.mark.parametrize("turns", [0, 2])
def test_two_turns_say_nothing(turns: int) -> None:
    assert clock(0.006, 0.065, turns).problem(EAGER) == ""
    assert clock(0.006, 0.065).problem(clock(0.06, 0.065, turns)) == ""
