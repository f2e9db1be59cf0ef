"""CosyVoice2 from end to end: text tokens in, a waveform out, stages in the original's order.

What is left out, because its cost is not the model's or can't be equal in every run: the front end (text normalisation
and tokenizer, the prompt's tokens, mel and speaker vector), and the sampler: each step's best id is taken, and the
number of tokens is fixed, so that the work is equal in every variant and run. The original's language model runs in a
thread of its own and is polled ten times a second; here a piece of audio is made as soon as its tokens are there, and
the next token after it: the work is the same, and nothing overlaps.

Source: CosyVoice2's pipeline, public description.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

import torch
from jitgate.workloads.checkpoint import CheckpointPart as Weights
from jitgate.workloads.weight_source import current
from jitgate.workloads.weights import build_seeded
from jitgate.workloads.workload import Workload
from torch import Tensor, nn

from jitgate_cosyvoice.v2.flow import Flow
from jitgate_cosyvoice.v2.flow_encoder import FlowEncoder, flow_encoder, small_flow_encoder
from jitgate_cosyvoice.v2.flow_estimator import FlowEstimator, flow_estimator, small_flow_estimator
from jitgate_cosyvoice.v2.language_model import QwenSize
from jitgate_cosyvoice.v2.llm import SMALL, Decode, Prefill
from jitgate_cosyvoice.v2.pipeline_scenarios import scenarios, stages, utterances
from jitgate_cosyvoice.v2.source import SAMPLES_PER_FRAME
from jitgate_cosyvoice.v2.speech import FRAMES_PER_TOKEN
from jitgate_cosyvoice.v2.streaming import HELD_FRAMES, HELD_SAMPLES, Step, fade_window, faded, schedule
from jitgate_cosyvoice.v2.vocoder import SOUND, Vocoder, small_vocoder, sound, vocoder

if TYPE_CHECKING:
    from typing import Any


class Pipeline(nn.Module):
    """Language model, flow and vocoder, under the names of the original's three files: `llm`, `flow`, `hift`.

    The first step of the language model is a call of its own, `prefill`, over the same weights.
    """

    prefill: Prefill

    def __init__(self, llm: Decode, flow: Flow, hift: Vocoder) -> None:
        super().__init__()
        self.llm = llm
        # Not registered: the weights would count twice, and `llm.pt` knows them by one name.
        self.__dict__["prefill"] = Prefill.over(llm)
        self.flow = flow
        self.hift = hift
        self.window = fade_window()

    def forward(
        self,
        prompt_text: Tensor,
        text: Tensor,
        prompt_speech: Tensor,
        prompt_mel: Tensor,
        speaker: Tensor,
        phase: Tensor,
        noise: Tensor,
        speech_tokens: int,
        streaming: bool,
    ) -> tuple[Tensor, Tensor]:
        """Say `text` in the voice of the prompt; a batch of 1.

        prompt_text (1, A), text (1, N), prompt_speech (1, P), integer ids. prompt_mel (1, 2P, 80). speaker (1, 192).
        phase (1, 9), noise (1, L, 9): the vocoder's random numbers, see `SineGenerator`; each piece of audio takes the
        first of them. speech_tokens: how many are made. streaming: in pieces, as `schedule` has them.
        Returns the waveform at 24 kHz, (1, 960 speech_tokens) on the CPU, and the speech tokens (1, speech_tokens).
        """
        ids = self._ids(prompt_text, text, prompt_speech)
        voice = (prompt_speech, _length(prompt_speech), prompt_mel, _length(prompt_mel), speaker)
        said: list[Tensor] = []
        pieces: list[Tensor] = []
        held: tuple[Tensor, Tensor, Tensor] | None = None
        steps = schedule(speech_tokens, prompt_speech.size(1)) if streaming else iter([Step(speech_tokens, 0, True)])
        for tokens, known, last in steps:
            said += islice(ids, tokens - len(said))
            token = torch.cat(said).unsqueeze(0)
            mel = self.flow(token, _length(token), *voice, streaming=not last, finalize=last)
            piece, held = self._piece(mel[:, :, FRAMES_PER_TOKEN * known :], phase, noise, held, last)
            pieces.append(piece)
        return torch.cat(pieces, dim=1), torch.cat(said).unsqueeze(0)

    def _ids(self, prompt_text: Tensor, text: Tensor, prompt_speech: Tensor) -> Iterator[Tensor]:
        """One speech id (1) after another, each worked out when it is asked for."""
        token, _, cache = self.prefill(prompt_text, text, prompt_speech)
        while True:
            token = token.to(torch.int32)
            yield token
            token, _, cache = self.llm(token, cache)

    def _piece(
        self, mel: Tensor, phase: Tensor, noise: Tensor, held: tuple[Tensor, Tensor, Tensor] | None, last: bool
    ) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor] | None]:
        """The audio of new frames (1, 80, M), (1, 480 M) on the CPU, and the end of mel, source and audio.

        The end is held back, and faded into the next piece, unless this is the last.
        """
        before = torch.zeros((1, 1, 0), dtype=mel.dtype, device=mel.device)
        if held is not None:
            mel, before = torch.cat((held[0], mel), dim=2), held[1]
        audio, source = self.hift(mel, phase, noise[:, : SAMPLES_PER_FRAME * mel.size(2)], before)
        audio = audio.cpu() if held is None else faded(audio, held[2], self.window)
        if last:
            return audio, None
        return audio[:, :-HELD_SAMPLES], (
            mel[:, :, -HELD_FRAMES:],
            source[:, :, -HELD_SAMPLES:],
            audio[:, -HELD_SAMPLES:],
        )


def pipeline() -> Workload:
    """CosyVoice2-0.5B: 2.6 GB of weights in float32."""
    if current().checkpoint is None:
        flow = joined(flow_encoder().module, flow_estimator().module, width=512)
    else:
        flow = build_seeded(Flow, Weights("flow.pt"))
    module = Pipeline(build_seeded(Decode, Weights("llm.pt")), flow, _vocoder(vocoder()))
    size = QwenSize()
    return Workload(
        module.eval(),
        scenarios(size),
        artefact="pipeline",
        stages=stages(size, 512),
        utterances=utterances(),
        sound=sound(),
    )


def small_pipeline() -> Workload:
    """The same graph, narrow, on one CPU thread."""
    flow = joined(small_flow_encoder().module, small_flow_estimator().module, width=128)
    module = Pipeline(build_seeded(lambda: Decode(SMALL)), flow, _vocoder(small_vocoder()))
    return Workload(
        module.eval(),
        scenarios(SMALL),
        threads=1,
        artefact="pipeline.small",
        stages=stages(SMALL, 128),
        utterances=utterances(),
        sound=SOUND,
    )


def joined(encoder: nn.Module, estimator: nn.Module, width: int) -> Flow:
    """A flow around an encoder and an estimator that have their weights already.

    They are those of the workloads of their own, so that one exported file serves both.
    """
    place: Any = nn.Identity()
    flow = build_seeded(lambda: Flow(place, place, width))
    assert isinstance(encoder, FlowEncoder) and isinstance(estimator, FlowEstimator)  # noqa: S101, PT018 - for the type checker
    flow.encoder, flow.decoder.estimator = encoder, estimator
    return flow


def _vocoder(workload: Workload) -> Vocoder:
    assert isinstance(workload.module, Vocoder)  # noqa: S101 - for the type checker
    return workload.module


def _length(x: Tensor) -> Tensor:
    """Positions of x (1, T, ...), (1) int32, as the original passes it."""
    return torch.tensor([x.size(1)], dtype=torch.int32).to(x.device)
