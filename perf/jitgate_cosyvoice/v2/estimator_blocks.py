"""The estimator's building blocks; names of members are the state_dict names of the original."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from jitgate_cosyvoice.v2.masks import attention_mask


class TimeFeatures(nn.Module):
    """t (B), 0 to 1 -> (B, width): sines of 1000 t at `width` / 2 frequencies, 1 down to 1 / 10000, then cosines."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.frequencies = width // 2

    def forward(self, t: Tensor) -> Tensor:
        exponent = torch.arange(self.frequencies, dtype=torch.float32, device=t.device)
        frequency = torch.exp(exponent * -(math.log(10000.0) / (self.frequencies - 1)))
        # In this order: the angle reaches 1000 radians, where another order of rounding moves the sine by 2e-5.
        angle = 1000.0 * t.float().unsqueeze(1) * frequency.unsqueeze(0)
        return torch.cat((angle.sin(), angle.cos()), dim=-1).to(t.dtype)


class TimeEmbedding(nn.Module):
    """Two linear layers with SiLU between: (B, features) -> (B, width)."""

    def __init__(self, features: int, width: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(features, width)
        self.act = nn.SiLU()
        self.linear_2 = nn.Linear(width, width)

    def forward(self, features: Tensor) -> Tensor:
        out: Tensor = self.linear_2(self.act(self.linear_1(features)))
        return out


class CausalConv(nn.Conv1d):
    """A convolution that sees the past only: (B, C, M) -> (B, C', M)."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.conv1d(functional.pad(x, [self.kernel_size[0] - 1, 0]), self.weight, self.bias)


class Transpose(nn.Module):
    """(B, C, M) <-> (B, M, C)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(1, 2)


NORM_GROUPS = 8
"""Groups of channels that version 1 norms, each over the whole sentence."""


class Block(nn.Module):
    """Convolution of 3, norm, Mish: (B, C, M), mask (B, 1, M) -> (B, C', M).

    causal: the convolution sees the past only, and each frame is normed by itself, over its channels. Otherwise
    (version 1) it sees both sides, and groups of channels are normed over all frames.
    """

    def __init__(self, channels: int, width: int, causal: bool = True) -> None:
        super().__init__()
        if causal:
            self.block = nn.Sequential(
                CausalConv(channels, width, 3), Transpose(), nn.LayerNorm(width), Transpose(), nn.Mish()
            )
        else:
            conv = nn.Conv1d(channels, width, 3, padding=1)
            self.block = nn.Sequential(conv, nn.GroupNorm(NORM_GROUPS, width), nn.Mish())

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        out: Tensor = self.block(x * mask) * mask
        return out


class ResidualBlock(nn.Module):
    """Two blocks, with the time between them, plus a convolution of width 1: (B, C, M) -> (B, C', M)."""

    def __init__(self, channels: int, width: int, time_width: int, causal: bool = True) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Mish(), nn.Linear(time_width, width))
        self.block1 = Block(channels, width, causal)
        self.block2 = Block(width, width, causal)
        self.res_conv = nn.Conv1d(channels, width, 1)

    def forward(self, x: Tensor, mask: Tensor, time: Tensor) -> Tensor:
        """x (B, C, M); mask (B, 1, M), 1 where valid; time (B, time width)."""
        h = self.block1(x, mask)
        h = h + self.mlp(time).unsqueeze(-1)
        h = self.block2(h, mask)
        out: Tensor = h + self.res_conv(x * mask)
        return out


class Attention(nn.Module):
    """Multi-head self-attention by torch's scaled-dot-product kernel, with an additive mask: (B, M, C) -> the same."""

    def __init__(self, width: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.heads = heads
        self.head_width = head_width
        self.to_q = nn.Linear(width, heads * head_width, bias=False)
        self.to_k = nn.Linear(width, heads * head_width, bias=False)
        self.to_v = nn.Linear(width, heads * head_width, bias=False)
        self.to_out = nn.Sequential(nn.Linear(heads * head_width, width), nn.Dropout(0.0))

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """x (B, M, C); bias (B, M, M), added to the scores of every head."""
        batch, frames = x.size(0), x.size(1)
        # Copied for every head, as in the original: at 15 s this is 55 MB a block, and a part of what is measured.
        by_head = bias.repeat_interleave(self.heads, dim=0).view(batch, self.heads, frames, frames)
        query, key, value = self._split(self.to_q(x)), self._split(self.to_k(x)), self._split(self.to_v(x))
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=by_head)
        out: Tensor = self.to_out(mixed.transpose(1, 2).reshape(batch, frames, self.heads * self.head_width))
        return out

    def _split(self, x: Tensor) -> Tensor:
        return x.view(x.size(0), x.size(1), self.heads, self.head_width).transpose(1, 2)


class Expansion(nn.Module):
    """A linear layer and exact GELU: (B, M, C) -> (B, M, C')."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.proj = nn.Linear(width, hidden)

    def forward(self, x: Tensor) -> Tensor:
        return functional.gelu(self.proj(x))


class BlockFeedForward(nn.Module):
    """Four times as wide and back: (B, M, C) -> the same."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = nn.Sequential(Expansion(width, 4 * width), nn.Dropout(0.0), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.net(x)
        return out


class TransformerBlock(nn.Module):
    """Pre-norm attention and feed-forward: (B, M, C) -> the same. There is no norm2, as there is no cross-attention."""

    def __init__(self, width: int, heads: int, head_width: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attn1 = Attention(width, heads, head_width)
        self.norm3 = nn.LayerNorm(width)
        self.ff = BlockFeedForward(width)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        x = self.attn1(self.norm1(x), bias) + x
        out: Tensor = self.ff(self.norm3(x)) + x
        return out


class TransformerBlocks(nn.ModuleList):
    """One after the other: (B, M, C) -> the same."""

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        for block in self:
            x = block(x, bias)
        return x


class Group(nn.ModuleList):
    """A residual block, four transformer blocks, and at both ends of the UNet a causal convolution, which is the
    caller's to apply: (B, C, M) -> (B, width, M).
    """

    def __init__(
        self,
        channels: int,
        width: int,
        heads: int,
        head_width: int,
        time_width: int,
        ends: bool,
        causal: bool = True,
    ) -> None:
        super().__init__()
        self.append(ResidualBlock(channels, width, time_width, causal))
        self.append(TransformerBlocks(TransformerBlock(width, heads, head_width) for _ in range(4)))
        if ends:
            self.append(CausalConv(width, width, 3))

    def forward(self, x: Tensor, mask: Tensor, time: Tensor, chunk: int, streaming: bool) -> Tensor:
        """x (B, C, M); mask (B, 1, M), 1 where valid; time (B, time width); streaming: see no chunk after one's own."""
        h: Tensor = self[0](x, mask, time)
        h = h.transpose(1, 2).contiguous()
        # Each group asks again what may be attended to, and so waits for the device again: 14 times a call.
        bias = attention_bias(mask, chunk, streaming)
        h = self[1](h, bias)
        return h.transpose(1, 2).contiguous()


def attention_bias(mask: Tensor, chunk: int, streaming: bool) -> Tensor:
    """mask (B, 1, M), not 0 where valid -> (B, M, M): 0 where a query may attend, -1e10 elsewhere.

    float16 makes that minus infinity.
    """
    allowed = attention_mask(mask != 0, chunk, streaming)
    bias = (1.0 - allowed.to(mask.dtype)) * -1e10
    if bias.size(1) == mask.size(2):
        return bias
    return bias.repeat(1, mask.size(2), 1)
