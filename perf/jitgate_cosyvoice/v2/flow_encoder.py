"""CosyVoice2's flow encoder: speech tokens, embedded, to the frames that condition flow matching.

Written from a public description of the architecture (FunAudioLLM/CosyVoice, version 2, `flow.encoder`), not from its
source; parameters have the original's names, shapes and order, so that `encoder.*` of a real `flow.pt` loads.
"""

from __future__ import annotations

import torch
from jitgate.workloads.checkpoint import CheckpointPart
from jitgate.workloads.weights import build_seeded
from jitgate.workloads.workload import Workload
from torch import Tensor, nn

from jitgate_cosyvoice.v2.layers import EncoderLayer, InputLayer, LookAheadLayer, Upsampling
from jitgate_cosyvoice.v2.masks import attention_mask, padding_mask
from jitgate_cosyvoice.v2.scenarios import scenarios

CHUNK = 25
"""Tokens of a streaming chunk: 1 s."""

NO_CONTEXT = torch.zeros(0, 0, 0)


class FlowEncoder(nn.Module):
    """Upsampling conformer: six layers at token rate (25/s), four at frame rate (50/s).

    width: channels of the input and of every layer. heads: attention heads, a divisor of width. feed_forward: hidden
    channels between two linear layers. dropout: rate of all of them, idle in eval mode.
    The defaults are CosyVoice2-0.5B's: 37,831,168 parameters in 206 tensors.
    """

    def __init__(self, width: int = 512, heads: int = 8, feed_forward: int = 2048, dropout: float = 0.1) -> None:
        super().__init__()
        self.chunk = CHUNK
        self.embed = InputLayer(width, dropout)
        self.after_norm = nn.LayerNorm(width)
        self.pre_lookahead_layer = LookAheadLayer(width)
        self.encoders = nn.ModuleList(EncoderLayer(width, heads, feed_forward, dropout) for _ in range(6))
        self.up_layer = Upsampling(width)
        self.up_embed = InputLayer(width, dropout)
        self.up_encoders = nn.ModuleList(EncoderLayer(width, heads, feed_forward, dropout) for _ in range(4))

    def forward(
        self,
        xs: Tensor,
        xs_lens: Tensor,
        context: Tensor = NO_CONTEXT,
        decoding_chunk_size: int = 0,  # noqa: ARG002 - part of the original's signature, which does not read it either
        num_decoding_left_chunks: int = -1,  # noqa: ARG002 - the same
        streaming: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Encode T tokens to 2T frames.

        xs (B, T, width): embedded tokens. xs_lens (B), integer: valid tokens of each row, which may count the context.
        context (B, 3, width): the three tokens after xs, or a tensor whose axis 1 is 0 for none. streaming: attention
        sees no later chunk than its own (25 tokens, 50 frames). Both decoding limits are ignored.
        Returns frames (B, 2T, width) and their padding mask (B, 1, 2T) bool.
        Source: CosyVoice2's flow encoder, public description.
        """
        mask = padding_mask(xs_lens, xs.size(1))
        x, positions = self.embed(xs)
        if context.size(1) != 0:
            # Without positions: a convolution reads it. The original takes them and throws them away; here a second
            # read of the table, unused, would make inductor's freezing delete the first one's constant (torch 2.13).
            context = self.embed.project(context)
        allowed = attention_mask(mask, self.chunk, streaming)
        x = self.pre_lookahead_layer(x, context)
        for layer in self.encoders:
            x = layer(x, allowed, positions)

        x = self.up_layer(x.transpose(1, 2).contiguous()).transpose(1, 2).contiguous()
        mask = padding_mask(xs_lens * 2, x.size(1))
        x, positions = self.up_embed(x)
        allowed = attention_mask(mask, 2 * self.chunk, streaming)
        for layer in self.up_encoders:
            x = layer(x, allowed, positions)
        return self.after_norm(x), mask


def flow_encoder() -> Workload:
    """The encoder at its true size."""
    module = build_seeded(FlowEncoder, CheckpointPart("flow.pt", "encoder."))
    return Workload(module, scenarios(width=512), artefact="flow.encoder")


def small_flow_encoder() -> Workload:
    """The same graph at a quarter of the width.

    On one CPU thread it is bound by dispatching operations, as the full width is on a GPU.
    """
    return Workload(build_seeded(narrow_encoder), scenarios(width=128), threads=1, artefact="flow.encoder.small")


def narrow_encoder() -> FlowEncoder:
    """A quarter of the width."""
    return FlowEncoder(width=128, heads=4, feed_forward=512)
