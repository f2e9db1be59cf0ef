"""What CosyVoice2 is given to say, after a prompt of 3.48 s, and what each of its stages then gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jitgate.workloads.stage import Stage, StageOutput, Utterance

from jitgate_cosyvoice.v2 import flow_estimator, vocoder
from jitgate_cosyvoice.v2 import scenarios as flow_encoder
from jitgate_cosyvoice.v2.layers import LOOKAHEAD
from jitgate_cosyvoice.v2.llm_scenarios import RATE, SENTENCES, TEXT_RATE, decode_scenarios, prefill_scenarios
from jitgate_cosyvoice.v2.source import HARMONICS, SAMPLES_PER_FRAME
from jitgate_cosyvoice.v2.speech import FRAMES_PER_TOKEN, MEL, PROMPT_TOKENS, SENTENCE_TOKENS, SPEAKER, normal
from jitgate_cosyvoice.v2.streaming import HELD_FRAMES, HELD_SAMPLES, schedule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jitgate.model.inputs import Inputs

    from jitgate_cosyvoice.v2.language_model import QwenSize

STREAMED = {"stream_5s": "5s"}
"""Scenario in pieces -> the same sentence at once."""


def scenarios(size: QwenSize) -> dict[str, Inputs]:
    """Scenario name -> positional arguments of `Pipeline.forward`."""
    whole = {name: _call(name, size, streaming=False) for name in SENTENCES}
    return whole | {name: _call(sentence, size, streaming=True) for name, sentence in STREAMED.items()}


def utterances() -> dict[str, Utterance]:
    """Scenario name -> what it says. A text token is taken for a character, as it mostly is in Chinese."""
    said = {name: Utterance(float(seconds), RATE * seconds, TEXT_RATE * seconds) for name, seconds in SENTENCES.items()}
    for name, sentence in STREAMED.items():
        whole = said[sentence]
        said[name] = Utterance(whole.audio_s, whole.speech_tokens, whole.characters, streaming=True)
    return said


def stages(size: QwenSize, width: int) -> dict[str, Stage]:
    """The stages, in the order of their first calls. width: channels of the flow's encoder.

    Their calls are those of the workloads of their own, as far as these have them, so that an export of the one is an
    export of the other.
    """
    return {
        "llm_prefill": Stage(
            "prefill", lambda: _as_spoken({k: [v] for k, v in prefill_scenarios(size).items()}), StageOutput.TOKENS
        ),
        "llm_decode": Stage("llm", lambda: _as_spoken(decode_scenarios(size)), StageOutput.TOKENS),
        "flow_encoder": Stage("flow.encoder", lambda: encoder_calls(width)),
        "flow_estimator": Stage("flow.decoder.estimator", estimator_calls),
        "vocoder": Stage("hift", vocoder_calls, StageOutput.AUDIO),
    }


def encoder_calls(width: int) -> dict[str, list[Inputs]]:
    """Scenario -> the calls of the flow's encoder: once a sentence, once a step."""
    calls = {name: [_encoder_call(name, tokens, width, last=True)] for name, tokens in SENTENCE_TOKENS.items()}
    for name, sentence in STREAMED.items():
        steps = schedule(SENTENCE_TOKENS[sentence], PROMPT_TOKENS)
        calls[name] = [_encoder_call(name, step.tokens, width, step.last) for step in steps]
    return calls


def estimator_calls() -> dict[str, list[Inputs]]:
    """Scenario -> calls of the estimator; the ten of a step are alike, and one stands for them."""
    calls = {
        name: [flow_estimator.call(name, PROMPT_TOKENS + tokens, False)] for name, tokens in SENTENCE_TOKENS.items()
    }
    for name, sentence in STREAMED.items():
        calls[name] = [
            flow_estimator.call(name, PROMPT_TOKENS + step.tokens - (0 if step.last else LOOKAHEAD), not step.last)
            for step in schedule(SENTENCE_TOKENS[sentence], PROMPT_TOKENS)
        ]
    return calls


def vocoder_calls() -> dict[str, list[Inputs]]:
    """Scenario -> calls of the vocoder: new frames, and from the second step on those that were held back."""
    calls = {name: [vocoder.call(name, FRAMES_PER_TOKEN * tokens)] for name, tokens in SENTENCE_TOKENS.items()}
    for name, sentence in STREAMED.items():
        calls[name] = []
        for step in schedule(SENTENCE_TOKENS[sentence], PROMPT_TOKENS):
            new = FRAMES_PER_TOKEN * (step.tokens - (0 if step.last else LOOKAHEAD) - step.known)
            again = step.known > 0
            calls[name].append(vocoder.call(name, new + again * HELD_FRAMES, again * HELD_SAMPLES))
    return calls


def causal_vocoder_calls() -> dict[str, list[Inputs]]:
    """Scenario -> calls of CosyVoice3's vocoder: all of the mel until then, and whether no more follows."""
    calls: dict[str, list[Inputs]] = {
        name: [(normal(f"{name}.mel", 1, MEL, FRAMES_PER_TOKEN * tokens), True)]
        for name, tokens in SENTENCE_TOKENS.items()
    }
    for name, sentence in STREAMED.items():
        calls[name] = []
        for step in schedule(SENTENCE_TOKENS[sentence], PROMPT_TOKENS):
            frames = FRAMES_PER_TOKEN * (step.tokens - (0 if step.last else LOOKAHEAD))
            calls[name].append((normal(f"{name}.mel", 1, MEL, frames), step.last))
    return calls


def _encoder_call(name: str, tokens: int, width: int, last: bool) -> Inputs:
    ahead = 0 if last else LOOKAHEAD
    return flow_encoder.call(name, PROMPT_TOKENS + tokens - ahead, width, context=ahead)


def _as_spoken(calls: Mapping[str, Sequence[Inputs]]) -> dict[str, Sequence[Inputs]]:
    """Calls by sentence, and the same again for the sentence in pieces: the language model knows no pieces."""
    return {**calls, **{name: calls[sentence] for name, sentence in STREAMED.items()}}


def _call(name: str, size: QwenSize, streaming: bool) -> Inputs:
    tokens = SENTENCE_TOKENS[name]
    prompt_text, text, prompt_speech = prefill_scenarios(size)[name]
    return (
        prompt_text,
        text,
        prompt_speech,
        normal(f"{name}.prompt_mel", 1, FRAMES_PER_TOKEN * PROMPT_TOKENS, MEL),
        normal(f"{name}.speaker", 1, SPEAKER),
        torch.full((1, HARMONICS), 0.5),
        normal(f"{name}.noise", 1, SAMPLES_PER_FRAME * FRAMES_PER_TOKEN * tokens, HARMONICS),
        tokens,
        streaming,
    )
