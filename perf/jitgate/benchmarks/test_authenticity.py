"""Every variant runs what its name says, and does not recompile while it is timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.plugin.candidate import Candidate


def test_candidate_runs_what_its_name_says(candidate: Candidate, max_recompiles: int) -> None:
    assert candidate.recompiles <= max_recompiles
