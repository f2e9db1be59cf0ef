"""No figure is worse than what earlier runs came to, by more than the gate allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.plugin.candidate import Candidate


def test_time_stays_as_it_was(variant: Candidate, max_regression_time: float) -> None:
    assert variant.time_change <= max_regression_time


def test_speedup_stays_as_it_was(candidate: Candidate, max_regression_ratio: float) -> None:
    assert candidate.ratio_change <= max_regression_ratio


def test_slow_calls_stay_as_they_were(variant: Candidate, max_regression_p95: float) -> None:
    assert variant.p95_change <= max_regression_p95


def test_memory_stays_as_it_was(variant: Candidate, max_regression_memory: float) -> None:
    assert variant.memory_change <= max_regression_memory
