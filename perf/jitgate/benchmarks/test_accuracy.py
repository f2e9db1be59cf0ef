"""Every way of running the model gives eager's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.plugin.candidate import Candidate


def test_candidate_gives_the_answer_of_eager(candidate: Candidate, tolerance: float) -> None:
    assert candidate.rel_l2 <= tolerance
