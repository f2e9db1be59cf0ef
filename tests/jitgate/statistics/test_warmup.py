"""Calls until a series is steady."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.statistics import warm_up

STEADY = [1.00, 1.02, 0.98, 1.01, 0.99, 1.00, 1.01, 0.99]


@given(
    cold=st.integers(0, 8),
    factor=st.floats(1.5, 50),
    scale=st.floats(1e-6, 1e3),
    steady=st.integers(20, 40),
)
def test_as_many_calls_are_cold_as_were_slow_at_the_beginning(
    cold: int, factor: float, scale: float, steady: int
) -> None:
    series = [factor * scale] * cold + [scale] * steady
    found = warm_up(series)
    assert found.calls == cold
    assert found.made == len(series)
    assert found.seconds == pytest.approx(cold * factor * scale)
    assert found.steady_s == pytest.approx(scale)
    assert found.excess_s == pytest.approx(cold * (factor - 1) * scale)


@given(st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=60))
def test_no_series_has_more_cold_calls_than_calls(series: list[float]) -> None:
    found = warm_up(series)
    assert found.calls in {None, *range(len(series) + 1)}
    assert 0 <= found.seconds <= sum(series) * (1 + 1e-9)
    if found.calls is not None:
        assert found.excess_s is not None
        assert found.excess_s >= 0


def test_one_slow_call_in_the_midst_is_noise_and_at_the_beginning_the_first_call() -> None:
    assert warm_up([*STEADY[:4], 3.0, *STEADY[4:], *STEADY]).calls == 0
    assert warm_up([3.0, *STEADY]).calls == 1


def test_a_profiling_executor_needs_two_calls_although_the_second_is_the_slower_one() -> None:
    assert warm_up([2.0, 5.0, *STEADY]).calls == 2


def test_what_keeps_falling_is_not_steady_and_has_no_level() -> None:
    found = warm_up([2.0**-n for n in range(12)])
    assert (found.calls, found.steady_s, found.excess_s, found.made) == (None, None, None, 12)
