"""What a sentence costs is accounted for, stage by stage, and what a stage gains arrives in the sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.plugin.candidate import Candidate


def test_stages_add_up_to_the_sentence(baseline: Candidate, stage_tolerance: float) -> None:
    assert baseline.stage_shares <= stage_tolerance


def test_sentence_gains_what_its_stages_predict(candidate: Candidate, prediction_tolerance: float) -> None:
    assert candidate.prediction_gap <= prediction_tolerance
