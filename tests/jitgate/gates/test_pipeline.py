"""Stages that account for the sentence, and gains that arrive in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jitgate.gates.judge import Judge
from jitgate.gates.pipeline import foretold, judge_prediction, judge_shares
from jitgate.gates.stopping import AnyOpen, OpenSentences
from jitgate.model.accuracy import Accuracy
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.variant import BASELINE
from jitgate.statistics import Outcome

from tests.jitgate.measurements import made_of
from tests.jitgate.spoken import STAGED, sentence_of

JUDGE = Judge(0.01)


def test_stages_that_add_up_pass_and_a_stage_timed_twice_fails() -> None:
    assert judge_shares(sentence_of(2.0)).verdict is Outcome.PASS
    failed = judge_shares(sentence_of(2.0, twice=True))
    assert failed.verdict is Outcome.FAIL
    assert "add up to 12" in failed.reason
    assert judge_shares(made_of(1.4)).verdict is Outcome.INVALID


def test_stage_and_sentence_gain_as_amdahl_says() -> None:
    found = foretold(JUDGE, sentence_of(2.0), STAGED)
    assert found is not None
    assert found.share == pytest.approx(0.2, rel=0.02)
    assert found.part.interval.contains(2.0)
    assert found.predicted.interval.contains(1 / 0.9)
    assert found.measured.interval.contains(1 / 0.9)
    assert judge_prediction(JUDGE, sentence_of(2.0), STAGED).verdict is Outcome.PASS


def test_a_gain_from_elsewhere_is_no_agreement() -> None:
    """Everything but the encoder is 10 % slower: the sentence misses what its encoder promises."""
    failed = judge_prediction(JUDGE, sentence_of(2.0, elsewhere=0.9), STAGED)
    assert failed.verdict is Outcome.FAIL
    assert failed.reason.endswith("find what else the variant changes in the sentence")


def test_an_interval_that_would_agree_with_anything_is_no_agreement() -> None:
    wide = judge_prediction(JUDGE, sentence_of(2.0, rounds=12, spread=0.3), STAGED)
    assert wide.verdict is Outcome.INCONCLUSIVE
    assert "too wide to call it agreement: measure more rounds" in wide.reason


def test_too_few_rounds_and_broken_variants_are_not_green() -> None:
    few = sentence_of(2.0, rounds=4)
    assert judge_prediction(JUDGE, few, STAGED).verdict is Outcome.INCONCLUSIVE
    assert OpenSentences(JUDGE)(few) == [STAGED]
    assert OpenSentences(JUDGE)(sentence_of(2.0)) == []
    assert AnyOpen((OpenSentences(JUDGE), lambda measurement: [STAGED, BASELINE]))(few) == [STAGED, BASELINE]
    whole = sentence_of(2.0)
    wrong = replace(
        whole, all_samples={**whole.all_samples, STAGED: replace(whole.all_samples[STAGED], accuracy=Accuracy(0.5))}
    )
    assert judge_prediction(JUDGE, wrong, STAGED).verdict is Outcome.INVALID
    failure = Failure(FailureKind.DIED, "worker was killed by SIGKILL")
    dead = replace(
        whole, all_samples={**whole.all_samples, STAGED: replace(whole.all_samples[STAGED], failure=failure)}
    )
    assert judge_prediction(JUDGE, dead, STAGED).verdict is Outcome.FAIL
    assert OpenSentences(JUDGE)(dead) == [], "no rounds can mend it"
