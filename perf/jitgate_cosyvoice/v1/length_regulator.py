"""From the rate of speech tokens to that of mel frames: CosyVoice-300M's length regulator.

Written from a public description of the architecture (FunAudioLLM/CosyVoice, version 1, `flow.length_regulator`), not
from its source; parameters have the original's names, shapes and order.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from jitgate_cosyvoice.v1.speech import frames_of

END = 20
"""Tokens at both ends of a sentence that are stretched by themselves, so that pieces of a streamed one meet there."""


class LengthRegulator(nn.Module):
    """Linear interpolation, then four times convolution, norm and Mish, and a convolution of 1.

    The default is CosyVoice-300M's width: one channel a mel band.
    """

    def __init__(self, width: int = 80) -> None:
        super().__init__()
        self.end = END
        self.end_frames = frames_of(END)
        layers: list[nn.Module] = []
        for _ in range(4):
            layers += [nn.Conv1d(width, width, 3, padding=1), nn.GroupNorm(1, width), nn.Mish()]
        self.model = nn.Sequential(*layers, nn.Conv1d(width, width, 1))

    def forward(self, prompt: Tensor, speech: Tensor, prompt_frames: int, frames: int) -> Tensor:
        """prompt (1, P, width), P = 0 for none, speech (1, N, width) -> (1, prompt_frames + frames, width).

        Source: CosyVoice's interpolating regulator, public description.
        """
        parts: list[Tensor] = []
        if prompt.size(1) > 0:
            parts.append(_stretched(prompt, prompt_frames))
        if speech.size(1) > 2 * self.end:
            parts.append(_stretched(speech[:, : self.end], self.end_frames))
            parts.append(_stretched(speech[:, self.end : -self.end], frames - 2 * self.end_frames))
            parts.append(_stretched(speech[:, -self.end :], self.end_frames))
        else:
            parts.append(_stretched(speech, frames))
        out: Tensor = self.model(torch.cat(parts, dim=2)).transpose(1, 2).contiguous()
        return out


def _stretched(x: Tensor, frames: int) -> Tensor:
    """(1, T, width) -> (1, width, frames)."""
    return functional.interpolate(x.transpose(1, 2).contiguous(), size=[frames], mode="linear")
