"""After how many calls a cold cost is paid for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.statistics import Interval, payback


def interval(low: float, estimate: float, high: float) -> Interval:
    return Interval(estimate, low, high, 0.01)


@given(extra=st.floats(1e-3, 1e4), call=st.floats(1e-4, 10), ratio=st.floats(1.001, 50))
def test_after_that_many_calls_it_is_paid_for_and_one_call_before_it_is_not(
    extra: float, call: float, ratio: float
) -> None:
    calls = payback(extra, call, interval(ratio, ratio, ratio)).calls
    saved = call - call / ratio
    assert calls * saved >= extra * (1 - 1e-9)
    assert (calls - 1) * saved < extra * (1 + 1e-9)


@given(low=st.floats(0.1, 5), more=st.floats(0, 5), most=st.floats(0, 5))
def test_a_larger_speedup_never_takes_more_calls(low: float, more: float, most: float) -> None:
    found = payback(10.0, 0.1, interval(low, low + more, low + more + most))
    assert found.soonest <= found.calls <= found.latest


@pytest.mark.parametrize("extra", [-5.0, 0.0, 5.0])
def test_what_is_not_faster_never_pays_even_where_it_costs_nothing(extra: float) -> None:
    found = payback(extra, 0.1, interval(0.5, 0.9, 1.0))
    assert found.calls == found.soonest == found.latest == math.inf


def test_what_is_faster_and_costs_nothing_more_has_paid_at_once() -> None:
    assert payback(-1.0, 0.1, interval(1.1, 1.2, 1.3)).calls == 0


def test_an_open_end_pays_by_the_whole_call() -> None:
    assert payback(10.0, 0.5, interval(1.0, 2.0, math.inf)).soonest == 20
