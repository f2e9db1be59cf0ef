"""The encoder's building blocks; names of members are the state_dict names of the original."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from jitgate_cosyvoice.v2.attention import RelativeAttention
from jitgate_cosyvoice.v2.position import RelativePositions

LOOKAHEAD = 3
"""Positions that the look-ahead layer sees beyond the last one, in tokens (0.12 s)."""

LAYER_EPS = 1e-12
"""Epsilon of the norms inside a layer; all other norms have torch's 1e-5."""


class InputLayer(nn.Module):
    """Linear, norm, scale by sqrt(width): x (B, T, inputs) -> (B, T, width), and the positions (1, 2S - 1, width).

    inputs: channels of x, `width` unless given. rectified: a ReLU before the scale. S = T + `before`, the positions
    that a cache holds.
    """

    def __init__(self, width: int, dropout: float, inputs: int | None = None, rectified: bool = False) -> None:
        super().__init__()
        linear = nn.Linear(width if inputs is None else inputs, width)
        self.out = nn.Sequential(linear, nn.LayerNorm(width), nn.Dropout(dropout))
        if rectified:
            self.out.append(nn.ReLU())
        self.pos_enc = RelativePositions(width)
        self.dropout = nn.Dropout(dropout)
        self.scale = math.sqrt(width)

    def forward(self, x: Tensor, before: int = 0) -> tuple[Tensor, Tensor]:
        projected = self.project(x)
        return projected, self.dropout(self.pos_enc(projected, before))

    def project(self, x: Tensor) -> Tensor:
        """The first of the two results alone."""
        projected: Tensor = self.dropout(self.out(x) * self.scale)
        return projected


class LookAheadLayer(nn.Module):
    """Two convolutions and a residual; position t sees t - 2 to t + `LOOKAHEAD`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.reach = LOOKAHEAD
        self.conv1 = nn.Conv1d(width, width, LOOKAHEAD + 1)
        self.conv2 = nn.Conv1d(width, width, 3)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        """x (B, T, width) -> the same; context (B, 3, width) is what follows x, or (B, 0, width): then zeros follow."""
        frames = x.transpose(1, 2).contiguous()
        if context.size(1) == 0:
            frames = functional.pad(frames, [0, self.reach])
        else:
            frames = torch.cat((frames, context.transpose(1, 2).contiguous()), dim=2)
        # 0.01, where the paper's other convolution stacks have 0.1: the original's, and its weights depend on it.
        frames = functional.leaky_relu(self.conv1(frames), 0.01)
        frames = self.conv2(functional.pad(frames, [2, 0]))
        out: Tensor = frames.transpose(1, 2).contiguous() + x
        return out


class FeedForward(nn.Module):
    """Two linear layers with an activation between, SiLU unless given: (B, T, width) -> the same."""

    def __init__(self, width: int, feed_forward: int, dropout: float, activation: nn.Module | None = None) -> None:
        super().__init__()
        self.w_1 = nn.Linear(width, feed_forward)
        self.activation = nn.SiLU() if activation is None else activation
        self.dropout = nn.Dropout(dropout)
        self.w_2 = nn.Linear(feed_forward, width)

    def forward(self, x: Tensor) -> Tensor:
        hidden: Tensor = self.w_2(self.dropout(self.activation(self.w_1(x))))
        return hidden


class EncoderLayer(nn.Module):
    """Pre-norm attention and feed-forward: (B, T, width) -> the same."""

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float) -> None:
        super().__init__()
        self.self_attn = RelativeAttention(width, heads, dropout)
        self.feed_forward = FeedForward(width, feed_forward, dropout)
        self.norm_ff = nn.LayerNorm(width, eps=LAYER_EPS)
        self.norm_mha = nn.LayerNorm(width, eps=LAYER_EPS)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        attended, _ = self.self_attn(self.norm_mha(x), mask, positions)
        x = x + self.dropout(attended)
        out: Tensor = x + self.dropout(self.feed_forward(self.norm_ff(x)))
        return out


class Upsampling(nn.Module):
    """Every position twice, then a causal convolution: (B, width, T) -> (B, width, 2T)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(width, width, 5)

    def forward(self, frames: Tensor) -> Tensor:
        doubled = functional.interpolate(frames, scale_factor=2.0, mode="nearest")
        out: Tensor = self.conv(functional.pad(doubled, [4, 0]))
        return out
