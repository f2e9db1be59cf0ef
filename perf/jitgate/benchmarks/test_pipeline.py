"""The stages of a pipeline account for the whole call, and what a stage gains arrives in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.plugin.candidate import Candidate


def test_stages_add_up_to_the_whole(baseline: Candidate, stage_tolerance: float) -> None:
    assert baseline.stage_shares <= stage_tolerance


def test_the_whole_gains_what_its_stages_predict(candidate: Candidate, prediction_tolerance: float) -> None:
    assert candidate.prediction_gap <= prediction_tolerance
