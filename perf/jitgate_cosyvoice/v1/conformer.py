"""CosyVoice's two conformer encoders: `llm.text_encoder` and `flow.encoder`, one graph at two sizes.

Written from a public description of the architecture (FunAudioLLM/CosyVoice, version 1), not from its source;
parameters have the original's names, shapes and order, so that `text_encoder.*` of a real `llm.pt` and `encoder.*` of a
real `flow.pt` load.
"""

from __future__ import annotations

from torch import Tensor, nn

from jitgate_cosyvoice.v2.layers import EncoderLayer, InputLayer
from jitgate_cosyvoice.v2.masks import attention_mask, padding_mask


class ConformerEncoder(nn.Module):
    """Six layers of relative attention and feed-forward.

    inputs: channels of the input. width: of every layer. heads: a divisor of width. feed_forward: hidden channels
    between two linear layers. causal: whether a position sees only itself and what came before (the original's "static
    chunk size 1"). dropout: rate of all of them, idle in eval mode.
    """

    def __init__(
        self, inputs: int, width: int, heads: int, feed_forward: int, causal: bool, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.causal = causal
        self.embed = InputLayer(width, dropout, inputs)
        self.after_norm = nn.LayerNorm(width)
        self.encoders = nn.ModuleList(EncoderLayer(width, heads, feed_forward, dropout) for _ in range(6))

    def forward(
        self,
        xs: Tensor,
        xs_lens: Tensor,
        decoding_chunk_size: int = 0,  # noqa: ARG002 - part of the original's signature, which does not read it either
        num_decoding_left_chunks: int = -1,  # noqa: ARG002 - the same
    ) -> tuple[Tensor, Tensor]:
        """Encode T embedded tokens.

        xs (B, T, inputs). xs_lens (B), integer: valid tokens of each row. Both decoding limits are ignored.
        Returns (B, T, width) and the padding mask (B, 1, T) bool.
        Source: CosyVoice's encoders, public description.
        """
        mask = padding_mask(xs_lens, xs.size(1))
        x, positions = self.embed(xs)
        allowed = attention_mask(mask, 1, self.causal)
        for layer in self.encoders:
            x = layer(x, allowed, positions)
        return self.after_norm(x), mask


def text_encoder() -> ConformerEncoder:
    """`llm.text_encoder` of CosyVoice-300M: 82,410,496 parameters in 120 tensors."""
    return ConformerEncoder(inputs=512, width=1024, heads=16, feed_forward=4096, causal=True)


def small_text_encoder() -> ConformerEncoder:
    """The same graph at an eighth of the width."""
    return ConformerEncoder(inputs=64, width=128, heads=4, feed_forward=512, causal=True)


def flow_encoder() -> ConformerEncoder:
    """`flow.encoder` of CosyVoice-300M: 20,758,016 parameters in 120 tensors."""
    return ConformerEncoder(inputs=512, width=512, heads=8, feed_forward=2048, causal=False)


def small_flow_encoder() -> ConformerEncoder:
    """The same graph at a quarter of the width."""
    return ConformerEncoder(inputs=128, width=128, heads=4, feed_forward=512, causal=False)
