"""Slow calls: what the listener waits for is the late first chunk, not the median one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.plugin.candidate import Candidate


def test_slow_calls_stay_under_their_limit(variant: Candidate, max_latency_ms: dict[int, float]) -> None:
    for percentile, limit_ms in max_latency_ms.items():
        assert variant.latency_ms(percentile) <= limit_ms


def test_slow_calls_stay_faster_than_eagers(candidate: Candidate, min_tail_speedup: dict[int, float]) -> None:
    for percentile, limit in min_tail_speedup.items():
        assert candidate.tail_speedup(percentile) >= limit
