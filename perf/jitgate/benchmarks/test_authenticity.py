"""Every variant runs what its name says, and does not recompile while it is timed."""

from jitgate.plugin.candidate import Candidate


def test_candidate_runs_what_its_name_says(candidate: Candidate, max_recompiles: int) -> None:
    assert candidate.recompiles <= max_recompiles
