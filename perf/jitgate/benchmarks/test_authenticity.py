"""Every variant is what its name says, and only runs while it is timed."""

from jitgate.plugin.candidate import Candidate


def test_candidate_is_on_and_builds_nothing_anew(candidate: Candidate, max_rebuilds: int) -> None:
    assert candidate.rebuilds <= max_rebuilds
