"""Calls that are not a module's `forward`, made into one, so that they can be measured like any other."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class FlowInference(nn.Module):
    """`inference` of a checkout's whole flow: prompt and tokens to mel, ten Euler steps with guidance.

    The original's wrapper calls it by these names. It is Python's in every variant: it is decorated, and can't be
    scripted.
    """

    def __init__(self, flow: nn.Module) -> None:
        super().__init__()
        self.flow: Any = flow

    def forward(
        self,
        token: Tensor,
        token_len: Tensor,
        prompt_token: Tensor,
        prompt_token_len: Tensor,
        prompt_feat: Tensor,
        prompt_feat_len: Tensor,
        embedding: Tensor,
        streaming: bool,
        finalize: bool,
    ) -> Tensor:
        """As `jitgate_cosyvoice.v2.flow.Flow.forward`; returns the mel, and drops the empty second result."""
        mel: Tensor
        mel, _ = self.flow.inference(
            token=token,
            token_len=token_len,
            prompt_token=prompt_token,
            prompt_token_len=prompt_token_len,
            prompt_feat=prompt_feat,
            prompt_feat_len=prompt_feat_len,
            embedding=embedding,
            streaming=streaming,
            finalize=finalize,
        )
        return mel


class VocoderInference(nn.Module):
    """`inference` of a checkout's vocoder, with its noise the same in every call.

    The original draws phase and noise from the process's generator in each call, so that no two give equal audio; here
    the generator is seeded before each. Drawing them is part of what is measured, unlike in jitgate's own vocoder.
    """

    def __init__(self, hift: nn.Module) -> None:
        super().__init__()
        self.hift: Any = hift

    def forward(self, mel: Tensor, cache_source: Tensor) -> tuple[Tensor, Tensor]:
        """mel (B, 80, M), cache_source (B, 1, C) -> audio (B, 480 M) and source (B, 1, 480 M)."""
        torch.manual_seed(0)
        audio, source = self.hift.inference(mel, cache_source)
        return audio, source


class CausalVocoderInference(nn.Module):
    """`inference` of CosyVoice3's vocoder, with its noise the same in every call; see `VocoderInference`."""

    def __init__(self, hift: nn.Module) -> None:
        super().__init__()
        self.hift: Any = hift

    def forward(self, mel: Tensor, finalize: bool) -> tuple[Tensor, Tensor]:
        """mel (B, 80, M), finalize: whether no more follows -> audio (B, at most 480 M) and source (B, 1, 480 M)."""
        torch.manual_seed(0)
        audio, source = self.hift.inference(mel, finalize)
        return audio, source
