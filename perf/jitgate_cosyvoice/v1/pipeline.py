"""CosyVoice-300M from end to end: text tokens in, a waveform out, stages in the original's order.

What is left out, because its cost is not the model's or can't be equal in every run: the front end (text normalisation
and tokenizer, the prompt's tokens, mel and speaker vector), and the sampler: each step's best id is taken, and the
number of tokens is fixed, so that the work is equal in every variant and run. The noise that the original draws again
for every sentence, of the flow and of the vocoder, is an input. The original's language model runs in a thread of its
own; here a piece of audio is made as soon as its tokens are there, and the next token after it: the work is the same,
and nothing overlaps.

No fingerprint of the original's whole flow or whole sentence is known, since it draws its noise itself: what is held
against the original are the modules, the length regulator, the solver, and the schedule of the pieces.

Source: CosyVoice's pipeline, public description.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import torch
from jitgate.workloads.checkpoint import CheckpointPart as Weights
from jitgate.workloads.weight_source import current
from jitgate.workloads.weights import build_seeded
from jitgate.workloads.workload import Workload
from torch import Tensor, nn

from jitgate_cosyvoice.checkpoints import VOCODER
from jitgate_cosyvoice.v1 import conformer
from jitgate_cosyvoice.v1.conformer import ConformerEncoder
from jitgate_cosyvoice.v1.flow import FlowV1
from jitgate_cosyvoice.v1.flow_estimator import FlowEstimatorV1, narrow_estimator
from jitgate_cosyvoice.v1.language_model import LanguageModelV1
from jitgate_cosyvoice.v1.pipeline_scenarios import SMALL, Channels, scenarios, stages, utterances
from jitgate_cosyvoice.v1.speech import SAMPLES_PER_FRAME
from jitgate_cosyvoice.v1.streaming import HELD_FRAMES, HELD_MEL, HELD_SAMPLES, Piece, schedule
from jitgate_cosyvoice.v1.transformer import NextPositions, TransformerEncoder, narrow_transformer
from jitgate_cosyvoice.v1.vocoder import SOUND, small_vocoder, sound, vocoder
from jitgate_cosyvoice.v2.streaming import fade_window, faded
from jitgate_cosyvoice.v2.vocoder import Vocoder

if TYPE_CHECKING:
    from typing import Any


class Held(NamedTuple):
    """The end of a piece: mel that the next one is faded into, and mel, source and audio around the last sample."""

    overlap: Tensor
    mel: Tensor
    source: Tensor
    audio: Tensor


class PipelineV1(nn.Module):
    """Language model, flow and vocoder, under the names of the original's three files: `llm`, `flow`, `hift`.

    `step` is what the loop calls of the transformer, over the same weights.
    """

    step: NextPositions

    def __init__(self, llm: LanguageModelV1, flow: FlowV1, hift: Vocoder) -> None:
        super().__init__()
        self.llm = llm
        # Not registered: the weights would count twice, and `llm.pt` knows them by one name.
        self.__dict__["step"] = NextPositions(llm.llm).eval()
        self.flow = flow
        self.hift = hift
        self.mel_window = fade_window(HELD_MEL)
        self.window = fade_window(HELD_SAMPLES)

    def forward(
        self,
        prompt_text: Tensor,
        text: Tensor,
        prompt_speech: Tensor,
        prompt_mel: Tensor,
        speaker: Tensor,
        start: Tensor,
        phase: Tensor,
        noise: Tensor,
        speech_tokens: int,
        streaming: bool,
    ) -> tuple[Tensor, Tensor]:
        """Say `text` in the voice of the prompt; a batch of 1.

        prompt_text (1, A), text (1, N), prompt_speech (1, P), integer ids. prompt_mel (1, F, 80). speaker (1, 192).
        start (1, 80, F + M or more): the flow's noise. phase (1, 9), noise (1, 9, 256 M or more): the vocoder's random
        numbers, see `SampledSines`. Each piece takes the first of them. speech_tokens: how many are made; M is
        `frames_of` them. streaming: in pieces, as `schedule` has them.
        Returns the waveform at 22.05 kHz, (1, 256 M) on the CPU, and the speech tokens (1, speech_tokens).
        """
        ids = self._ids(prompt_text, text, prompt_speech, speaker)
        voice = (prompt_speech, _length(prompt_speech), prompt_mel, _length(prompt_mel), speaker)
        said: list[Tensor] = []
        pieces: list[Tensor] = []
        cache = torch.zeros((1, start.size(1), 0, 2), dtype=start.dtype, device=start.device)
        held: Held | None = None
        for first, count, last in schedule(speech_tokens) if streaming else iter([Piece(0, speech_tokens, True)]):
            said += islice(ids, first + count - len(said))
            token = torch.cat(said[first:]).unsqueeze(0)
            mel, cache = self.flow(token, _length(token), *voice, cache, start)
            piece, held = self._piece(mel, phase, noise, held, last)
            pieces.append(piece)
        return torch.cat(pieces, dim=1), torch.cat(said).unsqueeze(0)

    def _ids(self, prompt_text: Tensor, text: Tensor, prompt_speech: Tensor, speaker: Tensor) -> Iterator[Tensor]:
        """One speech id (1) after another, each worked out when it is asked for."""
        embedded = self.llm.prompt(prompt_text, text, prompt_speech, speaker)
        cache = torch.zeros((0, 0, 0, 0), dtype=embedded.dtype, device=embedded.device)
        while True:
            size = embedded.size(1)
            lower = torch.ones((1, size, size), device=embedded.device).tril().to(torch.bool)
            hidden, cache = self.step(embedded, cache, lower)
            token = self.llm.best(hidden)
            yield token
            embedded = self.llm.speech_embedding(token).unsqueeze(0)

    def _piece(
        self, mel: Tensor, phase: Tensor, noise: Tensor, held: Held | None, last: bool
    ) -> tuple[Tensor, Held | None]:
        """The audio of a piece's frames (1, 80, M), on the CPU, and what is held back of it, unless it is the last."""
        before = torch.zeros((1, 1, 0), dtype=mel.dtype, device=mel.device)
        if held is not None:
            new = faded(mel, held.overlap, self.mel_window).to(mel.device)
            mel, before = torch.cat((held.mel, new), dim=2), held.source
        overlap = mel[:, :, -HELD_MEL:]
        if not last:
            mel = mel[:, :, :-HELD_MEL]
        audio, source = self.hift(mel, phase, noise[:, :, : SAMPLES_PER_FRAME * mel.size(2)], before)
        audio = audio.cpu() if held is None else faded(audio, held.audio, self.window)
        if last:
            return audio, None
        ends = Held(overlap, mel[:, :, -HELD_FRAMES:], source[:, :, -HELD_SAMPLES:], audio[:, -HELD_SAMPLES:])
        return audio[:, :-HELD_SAMPLES], ends


def pipeline() -> Workload:
    """CosyVoice-300M: 1.7 GB of weights in float32."""
    size = Channels()
    if current().checkpoint is None:
        llm = speaking(build_seeded(conformer.text_encoder), build_seeded(TransformerEncoder), size)
        flow = joined(build_seeded(conformer.flow_encoder), build_seeded(FlowEstimatorV1), size)
    else:
        llm = build_seeded(lambda: LanguageModelV1(conformer.text_encoder(), TransformerEncoder()), Weights("llm.pt"))
        flow = build_seeded(FlowV1, Weights("flow.pt"))
    module = PipelineV1(llm, flow, build_seeded(vocoder, VOCODER))
    return Workload(
        module.eval(),
        scenarios(size),
        artefact="pipeline.v1",
        stages=stages(size),
        utterances=utterances(),
        sound=sound(),
    )


def small_pipeline() -> Workload:
    """The same graph, narrow, on one CPU thread."""
    llm = speaking(build_seeded(conformer.small_text_encoder), build_seeded(narrow_transformer), SMALL)
    flow = joined(build_seeded(conformer.small_flow_encoder), build_seeded(narrow_estimator), SMALL)
    module = PipelineV1(llm, flow, build_seeded(small_vocoder))
    return Workload(
        module.eval(),
        scenarios(SMALL),
        threads=1,
        artefact="pipeline.v1.small",
        stages=stages(SMALL),
        utterances=utterances(),
        sound=SOUND,
    )


def speaking(text_encoder: ConformerEncoder, llm: TransformerEncoder, size: Channels) -> LanguageModelV1:
    """A language model around a text encoder and a transformer that have their weights already.

    They are those of the workloads of their own, so that one exported file serves both.
    """
    place: Any = nn.Identity()
    module = build_seeded(lambda: LanguageModelV1(place, place, size.text, size.width, size.vocabulary))
    module.text_encoder, module.llm = text_encoder, llm
    return module


def joined(encoder: ConformerEncoder, estimator: FlowEstimatorV1, size: Channels) -> FlowV1:
    """A flow around an encoder and an estimator that have their weights already, as `speaking`."""
    place: Any = nn.Identity()
    flow = build_seeded(lambda: FlowV1(place, place, size.flow))
    flow.encoder, flow.decoder.estimator = encoder, estimator
    return flow


def _length(x: Tensor) -> Tensor:
    """Positions of x (1, T, ...), (1) int32, as the original passes it."""
    return torch.tensor([x.size(1)], dtype=torch.int32).to(x.device)
