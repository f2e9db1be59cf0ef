"""How near a call comes to the larger of its two bounds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jitgate.statistics import PeakRates, RooflineBound, roofline_efficiency, roofline_time

positive = st.floats(1e-3, 1e15)


@given(flops=positive, moved=positive, rate=positive, bandwidth=positive)
def test_the_bound_is_the_larger_and_changes_at_the_ridge(
    flops: float, moved: float, rate: float, bandwidth: float
) -> None:
    peak = PeakRates(rate, bandwidth)
    found = roofline_time(flops, moved, peak)
    assert found.seconds == max(flops / rate, moved / bandwidth)
    intensity = flops / moved
    if intensity > rate / bandwidth * (1 + 1e-9):
        assert found.bound is RooflineBound.ARITHMETIC
    if intensity < rate / bandwidth * (1 - 1e-9):
        assert found.bound is RooflineBound.BANDWIDTH


@given(seconds=st.floats(1e-6, 1e3), slower=st.floats(1.0, 100.0))
@settings(max_examples=25, deadline=None)
def test_the_share_is_that_of_the_limit_in_the_median(seconds: float, slower: float) -> None:
    least = roofline_time(seconds, 0.0, PeakRates(1.0, 1.0))
    noise = np.exp(np.random.default_rng(0).normal(0.0, 0.03, 201))
    found = roofline_efficiency(least, seconds * slower * noise / np.median(noise))
    assert found.estimate == pytest.approx(1 / slower)
    assert 0.97 / slower < found.low <= found.estimate <= found.high < 1.03 / slower


def test_few_calls_bound_nothing() -> None:
    found = roofline_efficiency(roofline_time(1.0, 1.0, PeakRates(1.0, 2.0)), [2.0, 2.1, 1.9])
    assert found.estimate == pytest.approx(0.5)
    assert found.low == 0.0
