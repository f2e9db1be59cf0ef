"""CosyVoice-300M's flow: speech tokens to a mel spectrogram, encoder, length regulator and flow matching together.

Written from a public description of the architecture (FunAudioLLM/CosyVoice, version 1, `flow`), not from its source;
parameters have the original's names, shapes and order, so that a real `flow.pt` loads.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from jitgate_cosyvoice.v1 import conformer
from jitgate_cosyvoice.v1.conformer import ConformerEncoder
from jitgate_cosyvoice.v1.flow_estimator import FlowEstimatorV1
from jitgate_cosyvoice.v1.length_regulator import LengthRegulator
from jitgate_cosyvoice.v1.speech import frames_of
from jitgate_cosyvoice.v1.streaming import HELD_MEL
from jitgate_cosyvoice.v2.flow_matching import STEPS, EulerSolver
from jitgate_cosyvoice.v2.masks import longest, padding_mask
from jitgate_cosyvoice.v2.speech import MEL, SPEAKER

VOCABULARY = 4096
"""Speech tokens."""


class FlowMatchingV1(EulerSolver):
    """From noise that is given to mel; a piece of a sentence begins with the noise that the one before ended with."""

    def __init__(self, estimator: nn.Module) -> None:
        super().__init__(estimator)
        self.overlap = HELD_MEL

    def forward(
        self,
        mu: Tensor,
        mask: Tensor,
        spks: Tensor,
        cond: Tensor,
        steps: int,
        noise: Tensor,
        prompt: int,
        cache: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """mu, mask, spks, cond, steps: see `EulerSolver.solve`; mu is written to where there is a cache.

        noise (1, mel, M or more): the original draws new noise in every call; as an input it can be equal in every
        variant and run. prompt: frames of it. cache (1, mel, C, 2): noise and mu that the first C frames have instead,
        C = 0 for none.
        Returns mel (1, mel, M), and the next cache: those of the prompt and of the last 34 frames.
        """
        x = noise[:, :, : mu.size(2)].to(device=mu.device, dtype=mu.dtype)
        known = cache.size(2)
        if known > 0:
            x = torch.cat((cache[:, :, :, 0], x[:, :, known:]), dim=2)
            mu[:, :, :known] = cache[:, :, :, 1]
        ends = [torch.cat((each[:, :, :prompt], each[:, :, -self.overlap :]), dim=2) for each in (x, mu)]
        return self.solve(x, mu, mask, spks, cond, steps, False), torch.stack(ends, dim=-1)


class FlowV1(nn.Module):
    """Token embedding, speaker projection, encoder, length regulator, and ten Euler steps of flow matching.

    encoder, estimator: built for `width` channels and `mel` bands. The defaults are CosyVoice-300M's: 104,874,752
    parameters in 1,185 tensors.
    """

    def __init__(
        self,
        encoder: ConformerEncoder | None = None,
        estimator: FlowEstimatorV1 | None = None,
        width: int = 512,
        mel: int = MEL,
    ) -> None:
        super().__init__()
        self.steps = STEPS
        self.input_embedding = nn.Embedding(VOCABULARY, width)
        self.spk_embed_affine_layer = nn.Linear(SPEAKER, mel)
        self.encoder = conformer.flow_encoder() if encoder is None else encoder
        self.encoder_proj = nn.Linear(width, mel)
        self.decoder = FlowMatchingV1(FlowEstimatorV1(mel) if estimator is None else estimator)
        self.length_regulator = LengthRegulator(mel)

    def forward(
        self,
        token: Tensor,
        token_len: Tensor,
        prompt_token: Tensor,
        prompt_token_len: Tensor,
        prompt_feat: Tensor,
        prompt_feat_len: Tensor,  # noqa: ARG002 - part of the original's signature, which does not read it either
        embedding: Tensor,
        flow_cache: Tensor,
        noise: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """The mel frames of `token`, in the voice of the prompt; a batch of 1.

        token (1, N), prompt_token (1, P), integers, and their lengths (1); prompt_feat (1, F, mel): the prompt's mel;
        embedding (1, 192): the speaker. flow_cache, noise: see `FlowMatchingV1.forward`.
        Returns float32 (1, mel, `frames_of`(N)) and the next cache (1, mel, F + 34, 2).
        Source: CosyVoice's flow inference, public description.
        """
        speaker = self.spk_embed_affine_layer(functional.normalize(embedding, dim=1))
        every = torch.cat((prompt_token, token), dim=1)
        lengths = prompt_token_len + token_len
        valid = padding_mask(lengths, longest(lengths, every.size(1))).transpose(1, 2).to(speaker.dtype)
        x = self.input_embedding(torch.clamp(every, min=0)) * valid
        h, _ = self.encoder(x, lengths)
        h = self.encoder_proj(h)
        before, prompt = prompt_token.size(1), prompt_feat.size(1)
        h = self.length_regulator(h[:, :before], h[:, before:], prompt, frames_of(token.size(1)))
        cond = torch.zeros((1, h.size(1), h.size(2)), dtype=h.dtype, device=h.device)
        cond[:, :prompt] = prompt_feat
        mask = torch.ones((1, 1, h.size(1)), dtype=h.dtype).to(h.device)
        mu = h.transpose(1, 2).contiguous()
        mel, cache = self.decoder(mu, mask, speaker, cond.transpose(1, 2), self.steps, noise, prompt, flow_cache)
        return mel[:, :, prompt:].float(), cache
