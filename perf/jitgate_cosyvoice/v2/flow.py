"""CosyVoice2's flow: speech tokens to a mel spectrogram, encoder and flow matching together.

Written from a public description of the architecture (FunAudioLLM/CosyVoice, version 2, `flow`), not from its source;
parameters have the original's names, shapes and order, so that a real `flow.pt` loads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jitgate.workloads.checkpoint import CheckpointPart
from jitgate.workloads.sound import Sound
from jitgate.workloads.weights import build_seeded
from jitgate.workloads.workload import Workload
from torch import Tensor, nn
from torch.nn import functional

from jitgate_cosyvoice.v2.flow_encoder import FlowEncoder
from jitgate_cosyvoice.v2.flow_estimator import FlowEstimator
from jitgate_cosyvoice.v2.flow_matching import STEPS, FlowMatching
from jitgate_cosyvoice.v2.layers import LOOKAHEAD
from jitgate_cosyvoice.v2.masks import longest, padding_mask
from jitgate_cosyvoice.v2.speech import (
    FIRST_CHUNK_TOKENS,
    FRAMES_PER_TOKEN,
    MEL,
    PROMPT_TOKENS,
    SENTENCE_TOKENS,
    SPEAKER,
    normal,
    tokens,
)

if TYPE_CHECKING:
    from jitgate.model.inputs import Inputs

VOCABULARY = 6561
"""Speech tokens: 3 to the power of 8."""


class Flow(nn.Module):
    """Token embedding, speaker projection, encoder, and ten Euler steps of flow matching.

    encoder, estimator: built for `width` channels and `mel` bands. The defaults are CosyVoice2-0.5B's: 112,549,360
    parameters in 1,121 tensors.
    Scripts as it is. torch.export writes the ten steps out, a graph of 20,344 nodes (torch 2.13), unless a compiler is
    told what is repeated (`jitgate.engines.graph.repetition`).
    """

    def __init__(
        self,
        encoder: FlowEncoder | None = None,
        estimator: FlowEstimator | None = None,
        width: int = 512,
        mel: int = MEL,
    ) -> None:
        super().__init__()
        self.steps = STEPS
        self.lookahead = LOOKAHEAD
        self.input_embedding = nn.Embedding(VOCABULARY, width)
        self.spk_embed_affine_layer = nn.Linear(SPEAKER, mel)
        self.encoder = FlowEncoder(width) if encoder is None else encoder
        self.encoder_proj = nn.Linear(width, mel)
        self.decoder = FlowMatching(FlowEstimator(mel) if estimator is None else estimator, mel)

    def forward(
        self,
        token: Tensor,
        token_len: Tensor,
        prompt_token: Tensor,
        prompt_token_len: Tensor,
        prompt_feat: Tensor,
        prompt_feat_len: Tensor,  # noqa: ARG002 - part of the original's signature, which does not read it either
        embedding: Tensor,
        streaming: bool = False,
        finalize: bool = True,
    ) -> Tensor:
        """The mel frames of `token`, in the voice of the prompt; a batch of 1.

        token (1, N), prompt_token (1, P), integers, and their lengths (1); prompt_feat (1, F, mel): the prompt's mel;
        embedding (1, 192): the speaker. streaming: attention sees no later chunk than its own. finalize: no more
        tokens will come; otherwise the last three are looked ahead at and become no frames.
        Returns float32 (1, mel, 2 (P + N) - F), or six frames less where not finalize.
        Source: CosyVoice2's flow inference, public description.
        """
        speaker = self.spk_embed_affine_layer(functional.normalize(embedding, dim=1))
        every = torch.cat((prompt_token, token), dim=1)
        lengths = prompt_token_len + token_len
        mask = padding_mask(lengths, longest(lengths, every.size(1))).transpose(1, 2).to(speaker.dtype)
        x = self.input_embedding(torch.clamp(every, min=0)) * mask
        if finalize:
            h, _ = self.encoder(x, lengths, streaming=streaming)
        else:
            ahead = x[:, -self.lookahead :]
            h, _ = self.encoder(x[:, : -self.lookahead], lengths, ahead, streaming=streaming)
        h = self.encoder_proj(h)
        prompt = prompt_feat.size(1)
        cond = torch.zeros((1, h.size(1), h.size(2)), dtype=h.dtype, device=h.device)
        cond[:, :prompt] = prompt_feat
        valid = torch.ones((1, 1, h.size(1)), dtype=h.dtype).to(h.device)
        mu = h.transpose(1, 2).contiguous()
        mel = self.decoder(mu, valid, speaker, cond.transpose(1, 2), self.steps, streaming)
        out: Tensor = mel[:, :, prompt:].float()
        return out


def flow() -> Workload:
    """The flow at its true size."""
    return Workload(build_seeded(Flow, CheckpointPart("flow.pt")), scenarios(), artefact="flow", sound=Sound.mel())


def small_flow() -> Workload:
    """The same graph at a quarter of the width."""
    return Workload(build_seeded(narrow_flow), scenarios(), threads=1, artefact="flow.small", sound=Sound.mel())


def narrow_flow() -> Flow:
    """A quarter of the width; all 6,561 tokens and 80 bands, which inputs depend on."""
    encoder = FlowEncoder(width=128, heads=4, feed_forward=512)
    return Flow(encoder, FlowEstimator(width=64, heads=2, head_width=32, time_width=256), width=128)


def scenarios() -> dict[str, Inputs]:
    """Scenario name -> positional arguments of `Flow.forward`: a prompt of 3.48 s, and new speech."""
    every = {name: _call(name, new, streaming=False) for name, new in SENTENCE_TOKENS.items()}
    return {"first_chunk": _call("first_chunk", FIRST_CHUNK_TOKENS, streaming=True), **every}


def _call(name: str, new: int, streaming: bool) -> Inputs:
    frames = FRAMES_PER_TOKEN * PROMPT_TOKENS
    return (
        tokens(f"{name}.token", new, VOCABULARY),
        torch.tensor([new], dtype=torch.int32),
        tokens(f"{name}.prompt_token", PROMPT_TOKENS, VOCABULARY),
        torch.tensor([PROMPT_TOKENS], dtype=torch.int32),
        normal(f"{name}.prompt_feat", 1, frames, MEL),
        torch.tensor([frames], dtype=torch.int32),
        normal(f"{name}.embedding", 1, SPEAKER),
        streaming,
        not streaming,
    )
