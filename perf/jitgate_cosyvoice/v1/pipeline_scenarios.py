"""What CosyVoice-300M is given to say, after a prompt of 3.48 s, and what each of its stages then gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from jitgate.workloads.stage import Stage, StageOutput, Utterance

from jitgate_cosyvoice.v1.language_model import SPEECH_IDS, VOCABULARY
from jitgate_cosyvoice.v1.scenarios import (
    PROMPT_TEXT,
    TEXT_RATE,
    flow_call,
    prompt_call,
    prompt_positions,
    step_call,
    text_scenarios,
)
from jitgate_cosyvoice.v1.speech import PROMPT, PROMPT_FRAMES, RATE, RATE_HZ, SAMPLES_PER_FRAME, SENTENCES, frames_of
from jitgate_cosyvoice.v1.streaming import HELD_FRAMES, HELD_MEL, HELD_SAMPLES, Piece, schedule
from jitgate_cosyvoice.v2.source import HARMONICS
from jitgate_cosyvoice.v2.speech import MEL, SPEAKER, normal, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jitgate.model.inputs import Inputs

STREAMED = {"stream_5s": "5s"}
"""Scenario in pieces -> the same sentence at once."""


@dataclass(frozen=True)
class Channels:
    """Channels; the defaults are CosyVoice-300M's.

    text, width: of the text encoder's input, and of the transformer, which has so many `heads` and `layers`. flow: of
    the flow encoder. vocabulary: ids of text.
    """

    text: int = 512
    width: int = 1024
    heads: int = 16
    layers: int = 14
    flow: int = 512
    vocabulary: int = VOCABULARY


SMALL = Channels(text=64, width=128, heads=4, flow=128)


def scenarios(size: Channels) -> dict[str, Inputs]:
    """Scenario name -> positional arguments of `PipelineV1.forward`."""
    whole = {name: _call(name, size, streaming=False) for name in SENTENCES}
    return whole | {name: _call(sentence, size, streaming=True) for name, sentence in STREAMED.items()}


def utterances() -> dict[str, Utterance]:
    """Scenario name -> what it says. A text token is taken for a character, as it mostly is in Chinese.

    A second of speech tokens is a little less of audio: it is cut to whole mel frames.
    """
    said = {
        name: Utterance(
            frames_of(RATE * seconds) * SAMPLES_PER_FRAME / RATE_HZ, RATE * seconds, TEXT_RATE * seconds, False
        )
        for name, seconds in SENTENCES.items()
    }
    for name, sentence in STREAMED.items():
        whole = said[sentence]
        said[name] = Utterance(whole.audio_s, whole.speech_tokens, whole.characters, streaming=True)
    return said


def stages(size: Channels) -> dict[str, Stage]:
    """The stages, in the order of their first calls.

    The first three are what the original's JIT export covers. Their calls are those of the workloads of their own, so
    that an export of the one is an export of the other.
    """
    return {
        "text_encoder": Stage("llm.text_encoder", lambda: _as_spoken(text_scenarios(size.text)), StageOutput.TOKENS),
        "llm": Stage("step", lambda: _as_spoken(step_calls(size)), StageOutput.TOKENS),
        "flow_encoder": Stage("flow.encoder", lambda: encoder_calls(size.flow)),
        "flow_estimator": Stage("flow.decoder.estimator", estimator_calls),
        "vocoder": Stage("hift", vocoder_calls, StageOutput.AUDIO),
    }


def step_calls(size: Channels) -> dict[str, list[Inputs]]:
    """Utterance -> calls of the transformer: the prompt at once, and the first of the single positions after it.

    Of those there are as many lengths as tokens; the utterances' first ones stand for all, since a longer cache is
    nothing but larger: the last one of 15 s has 116 MB.
    """
    return {
        name: [
            prompt_call(name, size.width),
            step_call(name, prompt_positions(seconds), size.width, size.heads, size.layers),
        ]
        for name, seconds in SENTENCES.items()
    }


def encoder_calls(width: int) -> dict[str, list[Inputs]]:
    """Scenario -> the calls of the flow's encoder: one a piece."""
    return {name: [flow_call(name, piece.tokens, width) for piece in pieces] for name, pieces in _pieces().items()}


def estimator_calls() -> dict[str, list[Inputs]]:
    """Scenario -> calls of the estimator; the ten of a piece are alike, and one stands for them."""
    return {
        name: [estimator_call(name, PROMPT_FRAMES + frames_of(piece.tokens)) for piece in pieces]
        for name, pieces in _pieces().items()
    }


def vocoder_calls() -> dict[str, list[Inputs]]:
    """Scenario -> calls of the vocoder: new frames that nothing will be faded into, after some that it had before."""
    return {
        name: [
            vocoder_call(
                name,
                frames_of(piece.tokens) - (not piece.last) * HELD_MEL + (piece.first > 0) * HELD_FRAMES,
                (piece.first > 0) * HELD_SAMPLES,
            )
            for piece in pieces
        ]
        for name, pieces in _pieces().items()
    }


def estimator_call(name: str, frames: int) -> Inputs:
    """`frames` of prompt and speech together: inputs of the sixth step of ten: t = 1 - cos(pi / 4).

    Batch 2 is for guidance: row 0 is conditional, row 1 has the same x and mask and zeros for the rest.
    """
    x, mu, cond = (normal(f"v1.{name}.{what}", 1, MEL, frames) for what in ("x", "mu", "cond"))
    spks = normal(f"v1.{name}.spks", 1, MEL)
    cond[:, :, PROMPT_FRAMES:] = 0
    guided = [torch.cat((value, torch.zeros_like(value))) for value in (mu, spks, cond)]
    t = torch.full((2,), 0.29289323)
    return (x.repeat(2, 1, 1), torch.ones(2, 1, frames), guided[0], t, guided[1], guided[2], False)


def vocoder_call(name: str, frames: int, cached: int) -> Inputs:
    """`frames` of mel, after a piece that left `cached` samples of its source."""
    noise = normal(f"v1.{name}.noise", 1, HARMONICS, SAMPLES_PER_FRAME * frames)
    return (normal(f"v1.{name}.mel", 1, MEL, frames), _phase(), noise, torch.zeros(1, 1, cached))


def _pieces() -> dict[str, list[Piece]]:
    every = {name: [Piece(0, RATE * seconds, last=True)] for name, seconds in SENTENCES.items()}
    return every | {name: list(schedule(RATE * SENTENCES[sentence])) for name, sentence in STREAMED.items()}


def _as_spoken(calls: Mapping[str, Inputs | list[Inputs]]) -> dict[str, list[Inputs]]:
    """Calls by sentence, and the same again for the sentence in pieces: the language model knows no pieces."""
    every = {name: call if isinstance(call, list) else [call] for name, call in calls.items()}
    return every | {name: every[sentence] for name, sentence in STREAMED.items()}


def _phase() -> torch.Tensor:
    """A quarter of a turn in radians, for every harmonic."""
    return torch.full((1, HARMONICS), torch.pi / 2)


def _call(name: str, size: Channels, streaming: bool) -> Inputs:
    seconds = SENTENCES[name]
    frames = frames_of(RATE * seconds)
    return (
        tokens(f"v1.{name}.prompt_text", PROMPT_TEXT, size.vocabulary),
        tokens(f"v1.{name}.text", TEXT_RATE * seconds, size.vocabulary),
        tokens(f"v1.{name}.prompt_speech", PROMPT, SPEECH_IDS),
        normal(f"v1.{name}.prompt_mel", 1, PROMPT_FRAMES, MEL),
        normal(f"v1.{name}.speaker", 1, SPEAKER),
        normal(f"v1.{name}.start", 1, MEL, PROMPT_FRAMES + frames),
        _phase(),
        normal(f"v1.{name}.noise", 1, HARMONICS, SAMPLES_PER_FRAME * frames),
        RATE * seconds,
        streaming,
    )
