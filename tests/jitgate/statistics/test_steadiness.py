"""When a warm-up is over."""

from __future__ import annotations

import numpy as np
import pytest
from jitgate.statistics import steady


def first_steady(durations: np.ndarray) -> int:
    return next((n for n in range(1, len(durations) + 1) if steady(durations[:n])), 10**6)


def test_five_calls_are_never_steady() -> None:
    assert not steady([0.01] * 5)
    assert steady([0.01] * 6)


@pytest.mark.parametrize("noise", [0.04, 0.09])
@pytest.mark.parametrize("cold", [[1.0], [3.0, 2.5], [3.0, 2.5, 2.0]])
def test_cold_calls_are_waited_for_and_noise_is_not(noise: float, cold: list[float]) -> None:
    at = []
    for seed in range(100):
        series = np.exp(np.random.default_rng(seed).normal(0, noise, 60))
        series[: len(cold)] *= cold
        at.append(first_steady(series))
    assert min(at) >= 6
    if len(cold) == 3:
        assert min(at) >= 7
    assert np.quantile(at, 0.95) <= 14


def test_a_series_that_keeps_falling_is_not_steady() -> None:
    falling = 0.01 * 0.97 ** np.arange(12)
    assert not steady(falling)


def test_a_level_shift_is_not_steady_yet() -> None:
    assert not steady([0.02] * 8 + [0.01, 0.01])
