"""From text tokens to a waveform: the schedule of the original, and the stages of the workloads beside it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from jitgate.worker.content import signature, source_digest, spread_of_shapes, weights_digest
from jitgate.worker.stages import PipelineStages
from jitgate.workloads.weights import build_seeded
from jitgate.workloads.workload import Workload
from jitgate_cosyvoice.v2.flow_encoder import FlowEncoder, small_flow_encoder
from jitgate_cosyvoice.v2.flow_estimator import FlowEstimator, small_flow_estimator
from jitgate_cosyvoice.v2.language_model import SPEECH_IDS, QwenSize
from jitgate_cosyvoice.v2.llm import Decode
from jitgate_cosyvoice.v2.pipeline import Pipeline, joined
from jitgate_cosyvoice.v2.pipeline_scenarios import scenarios, stages, utterances
from jitgate_cosyvoice.v2.streaming import HELD_SAMPLES, fade_window, faded, schedule
from jitgate_cosyvoice.v2.vocoder import Vocoder
from torch import nn

from tests.jitgate_cosyvoice.fingerprints import load
from tests.jitgate_cosyvoice.stage_calls import check_stage_calls

NARROW = QwenSize(width=64, heads=1, key_heads=1, feed_forward=64, layers=1, vocabulary=50)
WIDTH = 16


@pytest.fixture(scope="module")
def tiny() -> Workload:
    """The whole graph, as narrow as it goes."""
    pytest.importorskip("transformers", reason="the extra `llm` is not installed")
    encoder = build_seeded(lambda: FlowEncoder(width=WIDTH, heads=1, feed_forward=16))
    estimator = build_seeded(lambda: FlowEstimator(width=8, heads=1, head_width=8, time_width=16))
    vocoder = build_seeded(lambda: Vocoder(width=16, predictor_width=8))
    flow = joined(encoder, estimator, WIDTH)
    flow.steps = 2  # all ten are alike, and most of the time
    module = Pipeline(build_seeded(lambda: Decode(NARROW)), flow, vocoder)
    return Workload(module.eval(), scenarios(NARROW), stages=stages(NARROW, WIDTH), utterances=utterances())


@pytest.fixture(scope="module")
def streamed(tiny: Workload) -> tuple[torch.Tensor, torch.Tensor]:
    with torch.inference_mode():
        audio, tokens = tiny.module(*tiny.calls("stream_5s")[0])
    return audio, tokens


@pytest.mark.parametrize("case", [case for case in load("cosyvoice_streaming_schedule")["cases"] if "v2" in case["id"]])
def test_every_step_takes_what_the_original_takes_from_a_fresh_instance(case: dict[str, Any]) -> None:
    """Only the first request on an instance: the original's later ones begin with the hop that the last one left."""
    said = case["requests"][0]
    steps = list(schedule(said["generated_tokens"], case["prompt_tokens"]))
    found = [{"tokens": step.tokens, "streaming": not step.last, "finalize": step.last} for step in steps]
    assert found == [{name: step[name] for name in found[0]} for step in said["steps"]]
    frames = [2 * (step.tokens - (0 if step.last else 3)) for step in steps]
    assert frames == [step["mel_out"] for step in said["steps"]]
    held = [0] + [8] * (len(steps) - 1)
    new = [out - 2 * step.known for out, step in zip(frames, steps, strict=True)]
    assert [a + b for a, b in zip(new, held, strict=True)] == [step["vocoder_mel"] for step in said["steps"]]


def test_a_sentence_is_the_stages_one_after_another(tiny: Workload) -> None:
    (call,) = tiny.calls("1s")
    prompt_text, text, prompt_speech, prompt_mel, speaker, phase, noise, count, _ = call
    pipeline: Any = tiny.module
    with torch.inference_mode():
        audio, tokens = pipeline(*call)
        ids, _, cache = pipeline.prefill(prompt_text, text, prompt_speech)
        said = [ids.to(torch.int32)]
        for _ in range(count - 1):
            ids, _, cache = pipeline.llm(said[-1], cache)
            said.append(ids.to(torch.int32))
        token = torch.cat(said).unsqueeze(0)
        lengths = [torch.tensor([size]) for size in (25, 87, 174)]
        mel = pipeline.flow(token, lengths[0], prompt_speech, lengths[1], prompt_mel, lengths[2], speaker)
        right, _ = pipeline.hift(mel, phase, noise, torch.zeros(1, 1, 0))
    assert torch.equal(tokens, token)
    assert tokens.max() < SPEECH_IDS
    assert audio.shape == (1, 24_000)
    assert torch.equal(audio, right)
    assert audio.std() > 0.001


def test_a_sentence_in_pieces_is_as_long_as_one_at_once(streamed: tuple[torch.Tensor, torch.Tensor]) -> None:
    audio, tokens = streamed
    assert audio.shape == (1, 120_000)
    assert tokens.shape == (1, 125)
    assert audio.isfinite().all()


def test_pieces_are_faded_into_each_other_and_nothing_else_of_them_is_changed() -> None:
    window = fade_window()
    assert (window.sum(dim=0) - 1.08).abs().max() < 1e-3, "0.54 - 0.46 cos, and the same half a turn on"
    new, held = torch.ones(1, HELD_SAMPLES + 5), torch.full((1, HELD_SAMPLES), 3.0)
    out = faded(new, held, window)
    assert torch.equal(out[:, HELD_SAMPLES:], new[:, HELD_SAMPLES:])
    assert out[0, 0] == pytest.approx(0.08 * 1 + 1.0 * 3, abs=1e-3)
    assert out[0, HELD_SAMPLES - 1] == pytest.approx(1.0 * 1 + 0.08 * 3, abs=1e-3)
    assert torch.equal(new, torch.ones_like(new))


def test_calls_that_stages_say_they_get_are_those_that_they_get(tiny: Workload) -> None:
    check_stage_calls(tiny)


class Sentence(nn.Module):
    """Only holds its stages here."""

    def forward(self) -> None: ...


def test_the_estimator_of_a_sentence_needs_no_file_of_its_own() -> None:
    """The key of an artefact: weights, source, kind of call, and what differs among the calls."""
    alone = small_flow_estimator()
    sentence = Sentence()
    sentence.flow = joined(small_flow_encoder().module, small_flow_estimator().module, width=128)
    stage = {"flow_estimator": stages(NARROW, 128)["flow_estimator"]}
    found = PipelineStages(Workload(sentence, {"1s": ()}, stages=stage)).content("flow_estimator")
    assert found.weights == weights_digest(alone.module)
    assert found.source == source_digest(alone.module)
    calls = [call for name in ("1s", "5s", "15s") for call in alone.calls(name)]
    (kind,) = {signature(call) for call in calls}
    assert found.signatures["1s"] == (kind,)
    assert found.spread[kind] == spread_of_shapes(calls)
