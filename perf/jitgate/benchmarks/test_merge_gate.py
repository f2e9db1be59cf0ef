"""No figure is worse than the base commit's, measured next to it, by more than the gate allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.plugin.candidate import Candidate


def test_calls_are_not_slower_than_the_bases(variant: Candidate, max_slowdown_time: float) -> None:
    assert variant.slowdown <= max_slowdown_time


def test_slow_calls_are_not_slower_than_the_bases(variant: Candidate, max_slowdown_p95: float) -> None:
    assert variant.slowdown_p95 <= max_slowdown_p95


def test_memory_is_not_more_than_the_bases(variant: Candidate, max_slowdown_memory: float) -> None:
    assert variant.memory_since_base <= max_slowdown_memory


def test_start_is_not_slower_than_the_bases(variant: Candidate, max_slowdown_cold_start: float) -> None:
    assert variant.cold_start_since_base <= max_slowdown_cold_start


def test_output_is_the_bases(baseline: Candidate, max_output_change: float) -> None:
    assert baseline.output_change <= max_output_change
