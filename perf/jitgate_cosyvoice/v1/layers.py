"""The layer of CosyVoice's language model; names of members are the state_dict names of the original."""

from __future__ import annotations

from torch import Tensor, nn

from jitgate_cosyvoice.v2.attention import NO_CACHE, RelativeAttention
from jitgate_cosyvoice.v2.layers import LAYER_EPS, FeedForward


class TransformerLayer(nn.Module):
    """Pre-norm attention over x and a cache, then feed-forward with ReLU: (B, T, width) -> the same, and the cache."""

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float) -> None:
        super().__init__()
        self.self_attn = RelativeAttention(width, heads, dropout=0.0)
        self.feed_forward = FeedForward(width, feed_forward, dropout, nn.ReLU())
        self.norm1 = nn.LayerNorm(width, eps=LAYER_EPS)
        self.norm2 = nn.LayerNorm(width, eps=LAYER_EPS)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor, positions: Tensor, cache: Tensor = NO_CACHE) -> tuple[Tensor, Tensor]:
        """As `RelativeAttention.forward`, for shapes and the cache."""
        attended, cache = self.self_attn(self.norm1(x), mask, positions, cache)
        x = x + self.dropout(attended)
        out: Tensor = x + self.dropout(self.feed_forward(self.norm2(x)))
        return out, cache
