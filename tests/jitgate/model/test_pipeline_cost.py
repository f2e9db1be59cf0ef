"""The share of each stage, and figures per second of speech, from numbers whose truth is known."""

from __future__ import annotations

from dataclasses import replace

import pytest
from jitgate.model.pipeline_cost import BETWEEN, cost, stage_columns
from jitgate.model.variant import BASELINE, CONTROL

from tests.jitgate.measurements import made_of
from tests.jitgate.spoken import BETWEEN_S, STAGED, STAGES_S, sentence_of


def test_shares_of_time_and_arithmetic_and_what_is_between() -> None:
    found = cost(sentence_of(2.0, spread=0.001))
    assert found is not None
    times = {share.stage: share.time for share in found.shares}
    assert list(times) == [*STAGES_S, BETWEEN]
    assert times == pytest.approx({**STAGES_S, BETWEEN: BETWEEN_S}, rel=0.01)
    assert found.together == pytest.approx(1.0, abs=0.002)
    assert [share.arithmetic for share in found.shares] == pytest.approx([0.6, 0.1, 0.3, 0.0])
    assert [share.calls for share in found.shares] == [1, 1, 1, 0]


def test_figures_per_second_of_speech() -> None:
    found = cost(sentence_of(2.0, spread=0.001))
    assert found is not None
    assert found.utterances == 30
    assert found.real_time_factor == pytest.approx(0.5, rel=0.01), "1 s of work, 2 s of audio"
    assert found.tokens_per_s == pytest.approx(100, rel=0.01), "50 tokens in the 0.5 s of the stage that makes them"
    assert found.characters_per_s == pytest.approx(10, rel=0.01)
    assert found.first_audio_s is None, "it comes in one piece"
    streamed = cost(sentence_of(2.0, spread=0.001, streaming=True))
    assert streamed is not None
    assert streamed.first_audio_s == pytest.approx(0.35, rel=0.01), "the end of the vocoder's first call"


def test_shares_add_up_however_much_sentences_scatter() -> None:
    found = cost(sentence_of(2.0, rounds=7, spread=0.4))
    assert found is not None
    assert found.together == pytest.approx(1.0, abs=1e-6)


def test_what_is_timed_twice_does_not_add_up() -> None:
    found = cost(sentence_of(2.0, spread=0.001, twice=True))
    assert found is not None
    assert found.together == pytest.approx(1.2, abs=0.01)


def test_what_was_not_counted_or_said_is_missing_and_not_invented() -> None:
    whole = sentence_of(2.0)
    assert whole.utterance is not None
    silent = replace(whole.utterance, audio_s=0.0, speech_tokens=0, characters=0, operations={})
    found = cost(replace(whole, utterance=silent))
    assert found is not None
    assert (found.real_time_factor, found.tokens_per_s, found.characters_per_s) == (None, None, None)
    assert {share.arithmetic for share in found.shares} == {None}
    assert cost(made_of(1.4)) is None, "a workload without stages"


def test_columns_of_parts_are_of_the_rounds_that_all_arms_finished() -> None:
    whole = sentence_of(2.0, rounds=12)
    samples = whole.all_samples[STAGED]
    broken = replace(
        samples,
        turns=(*samples.turns[:5], (), *samples.turns[6:]),
        stage_times=(*samples.stage_times[:5], (), *samples.stage_times[6:]),
    )
    found = stage_columns(replace(whole, all_samples={**whole.all_samples, STAGED: broken}), STAGED, ["encoder"])
    assert found is not None
    baseline, candidate, control = found
    assert len(baseline) == len(candidate) == len(control) == 11
    assert baseline / candidate == pytest.approx(2.0, rel=0.1)
    assert baseline / control == pytest.approx(1.0, rel=0.1)


@pytest.mark.parametrize("name", [BASELINE, STAGED, CONTROL])
def test_an_arm_that_timed_no_parts_gives_no_columns(name: str) -> None:
    whole = sentence_of(2.0)
    untimed = replace(whole.all_samples[name], stage_times=())
    assert stage_columns(replace(whole, all_samples={**whole.all_samples, name: untimed}), STAGED, ["encoder"]) is None
