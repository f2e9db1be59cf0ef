"""From text tokens to a waveform: the schedule of the original, and the stages of the workloads beside it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from jitgate.worker.content import signature, source_digest, spread_of_shapes, weights_digest
from jitgate.worker.stages import PipelineStages
from jitgate.workloads.weights import build_seeded
from jitgate.workloads.workload import Workload
from jitgate_cosyvoice.v1 import modules
from jitgate_cosyvoice.v1.conformer import ConformerEncoder
from jitgate_cosyvoice.v1.flow_estimator import FlowEstimatorV1
from jitgate_cosyvoice.v1.language_model import SPEECH_IDS
from jitgate_cosyvoice.v1.pipeline import PipelineV1, joined, small_pipeline, speaking
from jitgate_cosyvoice.v1.pipeline_scenarios import Channels, scenarios, stages, utterances
from jitgate_cosyvoice.v1.speech import PROMPT_FRAMES, frames_of
from jitgate_cosyvoice.v1.streaming import HELD_FRAMES, HELD_MEL, schedule
from jitgate_cosyvoice.v1.transformer import TransformerEncoder
from jitgate_cosyvoice.v1.vocoder import vocoder

from tests.jitgate_cosyvoice.checkpoints import under, v1_flow, v1_llm
from tests.jitgate_cosyvoice.fingerprints import load
from tests.jitgate_cosyvoice.stage_calls import check_stage_calls

NARROW = Channels(text=8, width=16, heads=2, layers=2, flow=16, vocabulary=50)


@pytest.fixture(scope="module")
def tiny() -> Workload:
    """The whole graph, as narrow as it goes."""

    def conformer(inputs: int, *, causal: bool) -> ConformerEncoder:
        return build_seeded(lambda: ConformerEncoder(inputs, width=16, heads=2, feed_forward=16, causal=causal))

    transformer = build_seeded(lambda: TransformerEncoder(width=16, heads=2, feed_forward=16, layers=2))
    estimator = build_seeded(lambda: FlowEstimatorV1(width=8, heads=1, head_width=8, time_width=16))
    flow = joined(conformer(16, causal=False), estimator, NARROW)
    flow.steps = 1  # all ten are alike, and most of the time
    llm = speaking(conformer(8, causal=True), transformer, NARROW)
    module = PipelineV1(llm, flow, build_seeded(lambda: vocoder(width=16, predictor_width=8)))
    return Workload(module.eval(), scenarios(NARROW), stages=stages(NARROW), utterances=utterances())


@pytest.mark.parametrize(
    "said",
    [
        request
        for case in load("cosyvoice_streaming_schedule")["cases"]
        if case["id"].startswith("v1")
        for request in case["requests"]
    ],
    ids=lambda said: f"{said['generated_tokens']} tokens",
)
def test_every_piece_takes_what_the_original_takes(said: dict[str, Any]) -> None:
    pieces = list(schedule(said["generated_tokens"]))
    held, cached = 0, 0
    for piece, step in zip(pieces, said["steps"], strict=True):
        assert (piece.first, piece.tokens) == (step["first_token"], step["tokens"])
        assert frames_of(piece.tokens) == step["mel_out"]
        assert cached == step["flow_cache_frames_in"]
        frames = held + frames_of(piece.tokens) - (0 if piece.last else HELD_MEL)
        assert frames == step["vocoder_mel"]
        held, cached = HELD_FRAMES, PROMPT_FRAMES + HELD_MEL
    assert [piece.last for piece in pieces] == [False] * (len(pieces) - 1) + [True]


@torch.inference_mode()
def test_a_sentence_is_the_stages_one_after_another(tiny: Workload) -> None:
    (call,) = tiny.calls("1s")
    prompt_text, text, prompt_speech, prompt_mel, speaker, start, phase, noise, count, _ = call
    pipeline: Any = tiny.module
    audio, tokens = pipeline(*call)
    # All positions at once, where the pipeline goes step by step.
    prompt = pipeline.llm.prompt(prompt_text, text, prompt_speech, speaker)
    every = torch.cat((prompt, pipeline.llm.speech_embedding(tokens[:, :-1])), dim=1)
    hidden, _ = pipeline.llm.llm(every, torch.tensor([every.size(1)]))
    scores = pipeline.llm.llm_decoder(hidden[0, prompt.size(1) - 1 :])[:, :SPEECH_IDS]
    # The best id by the one way may be the second by the other, by a rounding.
    assert (scores.max(dim=1).values - scores.gather(1, tokens[0].long().unsqueeze(1)).squeeze(1)).max() < 1e-4
    lengths = [torch.tensor([size]) for size in (count, 174, 299)]
    mel, _ = pipeline.flow(
        tokens, lengths[0], prompt_speech, lengths[1], prompt_mel, lengths[2], speaker, torch.zeros(1, 80, 0, 2), start
    )
    right, _ = pipeline.hift(mel, phase, noise, torch.zeros(1, 1, 0))
    assert tokens.shape == (1, 50)
    assert audio.shape == (1, 86 * 256)
    assert torch.equal(audio, right)
    assert audio.std() > 0.001


@torch.inference_mode()
def test_a_sentence_in_pieces_is_as_long_as_one_at_once(tiny: Workload) -> None:
    recorded: list[tuple[int, int]] = []
    pipeline: Any = tiny.module
    watched = pipeline.hift.register_forward_hook(
        lambda _module, given, _answer: recorded.append((given[0].size(2), given[3].size(2)))
    )
    try:
        audio, tokens = pipeline(*tiny.calls("stream_5s")[0])
    finally:
        watched.remove()
    assert recorded == [(172, 0), (192, 5120), (106, 5120)]
    assert audio.shape == (1, frames_of(250) * 256)
    assert tokens.shape == (1, 250)
    assert audio.isfinite().all()


def test_calls_that_stages_say_they_get_are_those_that_they_get(tiny: Workload) -> None:
    check_stage_calls(tiny)


def test_a_sentence_lasts_as_long_as_its_audio(tiny: Workload) -> None:
    said = utterances()
    assert {name: (each.speech_tokens, each.characters, each.streaming) for name, each in said.items()} == {
        "1s": (50, 5, False),
        "5s": (250, 25, False),
        "15s": (750, 75, False),
        "stream_5s": (250, 25, True),
    }
    assert {name: round(each.audio_s * 22_050) for name, each in said.items()} == {
        "1s": 86 * 256,
        "5s": 430 * 256,
        "15s": 1291 * 256,
        "stream_5s": 430 * 256,
    }
    for name in said:
        (call,) = tiny.calls(name)
        frames = frames_of(call[-2])
        assert call[5].shape == (1, 80, 299 + frames)
        assert call[7].shape == (1, 9, 256 * frames)


@pytest.fixture(scope="module")
def small() -> Workload:
    return small_pipeline()


@pytest.mark.parametrize("stage", ["text_encoder", "llm", "flow_encoder"])
def test_a_stage_with_a_workload_of_its_own_needs_no_file_of_its_own(small: Workload, stage: str) -> None:
    """The key of an artefact that serves all calls: weights and source; and a kind of call that both have."""
    alone = getattr(modules, f"small_{stage}")()
    found = PipelineStages(small).content(stage)
    assert found.weights == weights_digest(alone.module)
    assert found.source == source_digest(alone.module)
    calls = [call for name in ("1s", "5s", "15s") for call in alone.calls(name)]
    (kind,) = {signature(call) for call in calls}
    assert kind in found.signatures["1s"]
    assert found.spread[kind] == spread_of_shapes(calls)


def test_narrow_it_has_the_names_of_the_original_s_three_files(small: Workload) -> None:
    pipeline: Any = small.module
    files = {"llm.": v1_llm(), "flow.": v1_flow(), "hift.": under("", "cosyvoice_vocoder")}
    assert list(pipeline.state_dict()) == [file + name for file, keys in files.items() for name, _ in keys]
    assert pipeline.step.llm is pipeline.llm.llm, "one and the same, under one name"
