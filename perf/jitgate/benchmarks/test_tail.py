"""Slow calls: what a listener waits for is the late first chunk, not the median one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.plugin.candidate import Candidate


def test_p95_stays_under_its_limit(variant: Candidate, max_p95_ms: float) -> None:
    assert variant.p95_ms <= max_p95_ms


def test_p99_stays_under_its_limit(variant: Candidate, max_p99_ms: float) -> None:
    assert variant.p99_ms <= max_p99_ms


def test_p95_stays_faster_than_eagers(candidate: Candidate, min_speedup_p95: float) -> None:
    assert candidate.speedup_p95 >= min_speedup_p95


def test_p99_stays_faster_than_eagers(candidate: Candidate, min_speedup_p99: float) -> None:
    assert candidate.speedup_p99 >= min_speedup_p99
