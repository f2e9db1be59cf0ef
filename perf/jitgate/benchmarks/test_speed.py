"""JIT stays faster than eager, by as much as the gate says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.plugin.candidate import Candidate


def test_jit_stays_faster_than_eager(candidate: Candidate, min_speedup: float) -> None:
    assert candidate.speedup >= min_speedup


def test_eager_agrees_with_itself(baseline: Candidate, max_noise_floor: float) -> None:
    assert baseline.noise_floor <= max_noise_floor
