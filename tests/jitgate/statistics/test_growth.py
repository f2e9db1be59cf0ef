"""Leaks, caches and allocators."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.statistics import growth

MIB = 1 << 20
CALLS = np.arange(4, 204, 4)


@given(st.floats(0.1, 64.0), st.integers(0, 2**16), st.integers(0, 2**40))
def test_a_leak_is_found_with_its_slope_whatever_else_is_there(mib: float, seed: int, base: int) -> None:
    jitter = np.random.default_rng(seed).normal(0, 0.2 * MIB, len(CALLS))
    found = growth(CALLS, base + mib * MIB * CALLS + jitter)
    assert found is not None
    assert found.leaks
    assert found.slope == pytest.approx(mib * MIB, rel=0.1)


@given(st.integers(0, 49), st.floats(1.0, 500.0), st.integers(0, 2**16))
def test_a_single_step_is_no_leak(at: int, mib: float, seed: int) -> None:
    levels = 100 * MIB + mib * MIB * (np.arange(len(CALLS)) >= at)
    found = growth(CALLS, levels + np.random.default_rng(seed).normal(0, 4096, len(CALLS)))
    assert found is not None
    assert not found.leaks


@given(st.integers(0, 2**16))
def test_a_level_that_wanders_is_no_leak(seed: int) -> None:
    found = growth(CALLS, 100 * MIB + np.random.default_rng(seed).normal(0, 20 * MIB, len(CALLS)))
    assert found is not None
    assert not found.leaks


def test_what_happens_before_calls_are_warm_does_not_count() -> None:
    levels = np.where(CALLS < 10, MIB * CALLS, 400 * MIB)
    found = growth(CALLS, levels)
    assert found is not None
    assert (found.slope, found.leaks) == (0.0, False)


def test_a_few_kilobytes_are_the_allocators() -> None:
    found = growth(CALLS, 100 * MIB + 4096 * CALLS)
    assert found is not None
    assert not found.leaks


def test_few_levels_say_nothing() -> None:
    assert growth([], []) is None
    assert growth([20, 22, 24, 26, 28], [1] * 5) is None
    assert growth([1, 2, 3, 4, 5, 6, 7], [1] * 7) is None, "the first two are not warm by any means"


def test_few_long_calls_are_warm_after_fewer() -> None:
    found = growth(np.arange(3, 12), 100 * MIB + MIB * np.arange(9))
    assert found is not None
    assert (found.slope, found.calls, found.leaks) == (MIB, 5, True), "of the last six levels"
    settled = growth(np.arange(3, 12), MIB * np.array([100, 150, 170, 175, 175, 175, 175, 175, 175]))
    assert settled is not None
    assert not settled.leaks


def test_long_series_are_thinned_not_cut() -> None:
    calls = np.arange(20, 40_020, 4)
    found = growth(calls, 1000 * calls)
    assert found is not None
    assert found.calls == 40_000 - 4
    assert found.slope == pytest.approx(1000)
