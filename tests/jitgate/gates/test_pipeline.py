"""Stages that account for the sentence, and gains that arrive in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jitgate.gates.prediction_gap import predicted
from jitgate.model.accuracy import Accuracy
from jitgate.model.failure import Failure, FailureKind
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE
from jitgate.statistics import Outcome

from tests.jitgate.measurements import made_of
from tests.jitgate.results import asked_of, judged, policy_of, rules_of
from tests.jitgate.spoken import STAGED, sentence_of


def undecided_in(measurement: Measurement) -> list[str]:
    return rules_of(policy_of(measurements=[measurement])).undecided(measurement)


def test_stages_that_add_up_pass_and_a_stage_timed_twice_fails() -> None:
    assert judged(sentence_of(2.0), "stage_tolerance", variant=BASELINE).outcome is Outcome.PASS
    failed = judged(sentence_of(2.0, twice=True), "stage_tolerance", variant=BASELINE)
    assert failed.outcome is Outcome.FAIL
    assert "add up to 12" in failed.reason
    assert judged(made_of(1.4), "stage_tolerance", variant=BASELINE).outcome is Outcome.INVALID


def test_stage_and_sentence_gain_as_amdahl_says() -> None:
    found = predicted(asked_of(sentence_of(2.0), STAGED))
    assert found is not None
    assert found.share == pytest.approx(0.2, rel=0.02)
    assert found.part.interval.contains(2.0)
    assert found.predicted.interval.contains(1 / 0.9)
    assert found.measured.interval.contains(1 / 0.9)
    assert judged(sentence_of(2.0), "prediction_tolerance", variant=STAGED).outcome is Outcome.PASS


def test_a_gain_from_elsewhere_is_no_agreement() -> None:
    """Everything but the encoder is 10 % slower: the sentence misses what its encoder promises."""
    failed = judged(sentence_of(2.0, elsewhere=0.9), "prediction_tolerance", variant=STAGED)
    assert failed.outcome is Outcome.FAIL
    assert failed.reason.endswith("what its stages predict.")


def test_an_interval_that_would_agree_with_anything_is_no_agreement() -> None:
    wide = judged(sentence_of(2.0, rounds=12, spread=0.3), "prediction_tolerance", variant=STAGED)
    assert wide.outcome is Outcome.INCONCLUSIVE
    assert "too wide to call it agreement" in wide.reason
    assert wide.advice == "Measure more rounds."


def test_too_few_rounds_and_broken_variants_are_not_green() -> None:
    few = sentence_of(2.0, rounds=4)
    assert judged(few, "prediction_tolerance", variant=STAGED).outcome is Outcome.INCONCLUSIVE
    assert undecided_in(few) == [STAGED]
    assert undecided_in(sentence_of(2.0)) == []
    whole = sentence_of(2.0)
    wrong = replace(
        whole, all_samples={**whole.all_samples, STAGED: replace(whole.all_samples[STAGED], accuracy=Accuracy(0.5))}
    )
    assert judged(wrong, "prediction_tolerance", variant=STAGED).outcome is Outcome.INVALID
    failure = Failure(FailureKind.DIED, "worker was killed by SIGKILL")
    dead = replace(
        whole, all_samples={**whole.all_samples, STAGED: replace(whole.all_samples[STAGED], failure=failure)}
    )
    assert judged(dead, "prediction_tolerance", variant=STAGED).outcome is Outcome.FAIL
    assert undecided_in(dead) == [], "no rounds can mend it"


def test_stages_that_run_at_the_same_time_need_not_add_up_and_predict_nothing() -> None:
    """One stage is also within another: of overlapping ones that is no fault."""

    def overlapping(measurement: Measurement) -> Measurement:
        assert measurement.utterance is not None
        return replace(measurement, utterance=replace(measurement.utterance, overlapping=True))

    added = overlapping(sentence_of(2.0, twice=True))
    right = judged(added, "stage_tolerance", variant=BASELINE)
    assert right.outcome is Outcome.PASS
    assert right.reason == "The longest stage is 49.9% of the whole; stages run at the same time."
    open_still = judged(added, "prediction_tolerance", variant=STAGED)
    assert open_still.outcome is Outcome.INCONCLUSIVE
    assert open_still.reason.startswith("Stages run at the same time here")
    assert undecided_in(added) == [], "no rounds can decide it"

    eager = added.all_samples[BASELINE]
    longer = tuple(
        tuple(tuple(replace(time, spent_s=1.2) for time in times) for times in turn) for turn in eager.stage_times
    )
    wrong = replace(added, all_samples={**added.all_samples, BASELINE: replace(eager, stage_times=longer)})
    failed = judged(wrong, "stage_tolerance", variant=BASELINE)
    assert failed.outcome is Outcome.FAIL
    assert failed.advice == "Some stage is timed twice."
