"""Every variant is what its name says, and only runs while it is timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.plugin.candidate import Candidate


def test_candidate_is_on_and_builds_nothing_anew(candidate: Candidate, max_recompiles: int) -> None:
    assert candidate.recompiles <= max_recompiles
