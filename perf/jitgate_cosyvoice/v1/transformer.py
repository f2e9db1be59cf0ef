"""CosyVoice's language model proper, `llm.llm`: a causal transformer that takes a sentence whole or in chunks.

Written from a public description of the architecture (FunAudioLLM/CosyVoice, version 1), not from its source;
parameters have the original's names, shapes and order, so that `llm.*` of a real `llm.pt` loads.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from jitgate_cosyvoice.v1.layers import TransformerLayer
from jitgate_cosyvoice.v2.attention import NO_CACHE
from jitgate_cosyvoice.v2.layers import InputLayer
from jitgate_cosyvoice.v2.masks import attention_mask, padding_mask

NO_MASK = torch.zeros((0, 0, 0), dtype=torch.bool)

PRESERVED = ("forward_chunk",)
"""What `torch.jit.freeze` must keep in addition to `forward`: inference calls nothing else."""


class TransformerEncoder(nn.Module):
    """`layers` of relative attention over all that came before.

    width: channels of the input and of every layer. heads: a divisor of width. feed_forward: hidden channels between
    two linear layers. dropout: rate outside of attention, idle in eval mode.
    The defaults are CosyVoice-300M's: 192,109,568 parameters in 272 tensors.
    """

    def __init__(
        self, width: int = 1024, heads: int = 16, feed_forward: int = 4096, layers: int = 14, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.embed = InputLayer(width, dropout, rectified=True)
        self.after_norm = nn.LayerNorm(width)
        self.encoders = nn.ModuleList(TransformerLayer(width, heads, feed_forward, dropout) for _ in range(layers))

    def forward(
        self,
        xs: Tensor,
        xs_lens: Tensor,
        decoding_chunk_size: int = 0,  # noqa: ARG002 - part of the original's signature, which does not read it either
        num_decoding_left_chunks: int = -1,  # noqa: ARG002 - the same
    ) -> tuple[Tensor, Tensor]:
        """All positions at once, each of which sees itself and what came before.

        xs (B, T, width). xs_lens (B), integer: valid positions of each row. Both decoding limits are ignored.
        Returns (B, T, width) and the padding mask (B, 1, T) bool.
        """
        mask = padding_mask(xs_lens, xs.size(1))
        x, positions = self.embed(xs)
        allowed = attention_mask(mask, 1, streaming=True)
        for layer in self.encoders:
            x, _ = layer(x, allowed, positions)
        return self.after_norm(x), mask

    @torch.jit.export
    def forward_chunk(
        self,
        xs: Tensor,
        offset: int,
        required_cache_size: int,
        att_cache: Tensor = NO_CACHE,
        cnn_cache: Tensor = NO_CACHE,  # noqa: ARG002 - part of the original's signature; there are no convolutions
        att_mask: Tensor = NO_MASK,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """The next n positions, after the C that the cache holds: K = C + n.

        xs (1, n, width). offset: C, as the original's loop counts it. required_cache_size: positions that the next
        cache keeps, the latest ones; negative for all. att_cache (layers, heads, C, 2 x head width), keys next to
        values, or axis 0 of length 0 for none. att_mask (1, 1 or n, 1 or K) bool, or axis 2 of length 0 for none.
        Returns (1, n, width), the next cache, and a placeholder (layers, 0, 0, 0) for that of convolutions.

        Unlike the original, which beyond 5000 positions reads the wrong distances, the position table grows.
        """
        x, positions = self.embed(xs, offset)
        keys = offset + x.size(1)
        if required_cache_size < 0:
            start = 0
        elif required_cache_size == 0:
            start = keys
        else:
            start = max(keys - required_cache_size, 0)
        caches: list[Tensor] = []
        for index, layer in enumerate(self.encoders):
            x, cache = layer(x, att_mask, positions, att_cache[index : index + 1])
            caches.append(cache[:, :, start:])
        placeholder = torch.zeros((len(caches), 0, 0, 0), dtype=xs.dtype, device=xs.device)
        return self.after_norm(x), torch.cat(caches, dim=0), placeholder


def narrow_transformer() -> TransformerEncoder:
    """An eighth of the width, all 14 layers."""
    return TransformerEncoder(width=128, heads=4, feed_forward=512)


class NextPositions(nn.Module):
    """What inference calls in each step, as a `forward`: `llm.forward_chunk` with its cache kept whole.

    The state_dict is that of a whole `llm.pt` without what is not `llm.*`.
    """

    def __init__(self, llm: TransformerEncoder) -> None:
        super().__init__()
        self.llm = llm

    def forward(self, xs: Tensor, att_cache: Tensor, att_mask: Tensor) -> tuple[Tensor, Tensor]:
        """xs (1, n, width), att_cache and att_mask as `TransformerEncoder.forward_chunk` takes them.

        Returns (1, n, width) and the next cache (layers, heads, C + n, 2 x head width).
        """
        # The original counts the offset in addition to the cache; the two are always equal.
        hidden, cache, _ = self.llm.forward_chunk(xs, att_cache.size(2), -1, att_cache=att_cache, att_mask=att_mask)
        return hidden, cache
