"""Self-attention with relative positions (Transformer-XL, arXiv:1901.02860, section 3.3)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

NO_CACHE = torch.zeros(0, 0, 0, 0)


class RelativeAttention(nn.Module):
    """Multi-head self-attention whose scores are content + position, written as matmul, add and softmax.

    Scaled-dot-product attention is left out on purpose: the original does not use it, and what it costs to dispatch
    these operations one by one is a good part of what a compiler can win.
    """

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.head_width = width // heads
        # Empty, and declared before the linear layers: loading or seeding weights fills them, in this order.
        self.pos_bias_u = nn.Parameter(torch.empty(heads, self.head_width))
        self.pos_bias_v = nn.Parameter(torch.empty(heads, self.head_width))
        self.linear_q = nn.Linear(width, width)
        self.linear_k = nn.Linear(width, width)
        self.linear_v = nn.Linear(width, width)
        self.linear_out = nn.Linear(width, width)
        self.linear_pos = nn.Linear(width, width, bias=False)
        self.dropout = nn.Dropout(dropout)
        nn.init.xavier_uniform_(self.pos_bias_u)
        nn.init.xavier_uniform_(self.pos_bias_v)

    def forward(self, x: Tensor, mask: Tensor, positions: Tensor, cache: Tensor = NO_CACHE) -> tuple[Tensor, Tensor]:
        """Attend from every position of x to every allowed one: K = C + T of them, C from the cache.

        x (B, T, width); mask (B, 1 or T, 1 or K) bool, its last axis cut to K and of length 0 for no mask; positions
        (1, 2K - 1, width), distances K - 1 down to -(K - 1); cache (B, heads, C, 2 x head width), or axis 0 of length 0
        for none.
        Returns (B, T, width), and the keys next to the values, (B, heads, K, 2 x head width): the next cache, which the
        original builds on every call, although nothing in a flow encoder reads it.
        """
        query = self._split(self.linear_q(x))
        key = self._split(self.linear_k(x)).transpose(1, 2)
        value = self._split(self.linear_v(x)).transpose(1, 2)
        if cache.size(0) > 0:
            before = torch.split(cache, self.head_width, dim=-1)
            key = torch.cat((before[0], key), dim=2)
            value = torch.cat((before[1], value), dim=2)
        cache = torch.cat((key, value), dim=-1)
        position = self._split(self.linear_pos(positions)).transpose(1, 2)

        by_content = torch.matmul((query + self.pos_bias_u).transpose(1, 2), key.transpose(-2, -1))
        by_position = torch.matmul((query + self.pos_bias_v).transpose(1, 2), position.transpose(-2, -1))
        if by_position.size(3) != by_content.size(3):
            by_position = _align(by_position)
        scores = (by_content + by_position) / math.sqrt(self.head_width)

        if mask.size(2) > 0:
            forbidden = mask.unsqueeze(1).eq(0)[:, :, :, : scores.size(3)]
            scores = scores.masked_fill(forbidden, -float("inf"))
            weights = torch.softmax(scores, dim=-1).masked_fill(forbidden, 0.0)
        else:
            weights = torch.softmax(scores, dim=-1)
        mixed = torch.matmul(self.dropout(weights), value)
        merged = mixed.transpose(1, 2).contiguous().view(x.size(0), -1, self.heads * self.head_width)
        return self.linear_out(merged), cache

    def _split(self, x: Tensor) -> Tensor:
        return x.view(x.size(0), -1, self.heads, self.head_width)


def _align(by_distance: Tensor) -> Tensor:
    """Scores by distance -> scores by key: out[i, j] = by_distance[i, T - 1 - i + j].

    by_distance (B, heads, T, 2K - 1) -> (B, heads, T, K), T <= K. A zero column in front makes each row one longer than
    its distances, so that reading the same memory without its first T numbers moves each query on by one.
    """
    batch, heads, queries, distances = by_distance.size()
    zeros = torch.zeros((batch, heads, queries, 1), dtype=by_distance.dtype, device=by_distance.device)
    # Flat, and not as 2K rows of T: for a view of those, export asks whether 2K - 1 is a multiple of T, and then
    # refuses a length that is named (`Dim("T")`).
    flat = torch.cat((zeros, by_distance), dim=-1).flatten(2)[:, :, queries:]
    return flat.view(batch, heads, queries, distances)[:, :, :, : distances // 2 + 1]
