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


def test_waiting_for_a_crowded_processor_in_every_turn_accuses_nobody() -> None:
    """As a second worker of eager's had it at a load of 9 on two processors: 33 ms a turn, of 3 ms of calls."""
    eager, crowded, hides = clock(0.003, 0.008, 10), HostClock(), HostClock()
    for _ in range(10):
        crowded.note(Turn((3_000_000,), (), waited_s=0.024), 0.033)
        hides.note(Turn((3_000_000,), (), waited_s=0.004), 0.033)
    assert crowded.problem(eager) == ""
    assert "work was not timed" in hides.problem(eager)


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


def recorded(calls_ms: list[float], outside_ms: list[float]) -> HostClock:
    made = HostClock()
    for calls, outside in zip(calls_ms, outside_ms, strict=True):
        made.note(Turn((round(calls * 1e6),), ()), (calls + outside) / 1e3)
    return made


def test_turns_of_a_busy_machine_accuse_nobody() -> None:
    """An honest file and eager, as recorded beside six other processes: their medians are 20 ms apart."""
    eager = recorded(
        [13.1, 10.7, 14.5, 28.6, 15.3, 6.5, 5.9, 13.9, 10.4, 28.5, 31.2],
        [565.0, 18.2, 10.0, 12.9, 12.4, 5.8, 5.4, 12.0, 9.4, 18.6, 49.6],
    )
    honest = recorded(
        [16.7, 60.8, 54.8, 50.2, 19.2, 28.9, 18.3, 26.1, 55.2, 30.1],
        [582.9, 65.2, 33.5, 9.6, 11.7, 9.1, 14.8, 76.0, 19.0, 37.4],
    )
    assert honest.problem(eager) == ""
    assert eager.problem(honest) == ""


def test_work_in_every_turn_is_found_on_a_busy_machine_too() -> None:
    eager = recorded([13.1, 10.7, 14.5, 28.6, 15.3], [18.2, 10.0, 12.9, 12.4, 5.8])
    hides = recorded([0.1, 0.1, 0.2, 0.1, 0.1], [48.2, 40.0, 62.9, 33.4, 45.8])
    assert "work was not timed" in hides.problem(eager)
