"""CosyVoice2's estimator: the UNet that flow matching asks for a direction, ten times a sentence, at batch 2.

Written from a public description of the architecture (FunAudioLLM/CosyVoice, version 2, `flow.decoder.estimator`), not
from its source; parameters have the original's names, shapes and order, so that `decoder.estimator.*` of a real
`flow.pt` loads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jitgate.workloads.checkpoint import CheckpointPart
from jitgate.workloads.sound import Sound
from jitgate.workloads.weights import build_seeded
from jitgate.workloads.workload import Workload
from torch import Tensor, nn

from jitgate_cosyvoice.v2.estimator_blocks import Block, Group, TimeEmbedding, TimeFeatures
from jitgate_cosyvoice.v2.speech import (
    FIRST_CHUNK_TOKENS,
    FRAMES_PER_TOKEN,
    MEL,
    PROMPT_TOKENS,
    SENTENCE_TOKENS,
    normal,
)

if TYPE_CHECKING:
    from jitgate.model.inputs import Inputs

SOUND = Sound.mel()
"""A direction for a mel to move in: how far off it is, is how far a whole step would take the mel off."""

CHUNK = 50
"""Mel frames of a streaming chunk: 1 s."""


class FlowEstimator(nn.Module):
    """Causal UNet of one resolution: a group down, twelve in the middle, one up with the first one's output appended.

    mel: bands of input and output. width: channels inside. heads: attention heads, of `head_width` channels each; their
    product need not be `width`. time_width: channels of the embedded time.
    The defaults are CosyVoice2-0.5B's: 71,302,480 parameters in 910 tensors.
    """

    # Frames that an engine built ahead of time has to serve: least, best, most. The original's TensorRT profile.
    lengths_served = (4, 500, 3000)

    def __init__(
        self, mel: int = MEL, width: int = 256, heads: int = 8, head_width: int = 64, time_width: int = 1024
    ) -> None:
        super().__init__()
        self.chunk = CHUNK

        def group(channels: int, ends: bool) -> Group:
            return Group(channels, width, heads, head_width, time_width, ends)

        self.time_embeddings = TimeFeatures(4 * mel)
        self.time_mlp = TimeEmbedding(4 * mel, time_width)
        self.down_blocks = nn.ModuleList([group(4 * mel, ends=True)])
        self.mid_blocks = nn.ModuleList(group(width, ends=False) for _ in range(12))
        self.up_blocks = nn.ModuleList([group(2 * width, ends=True)])
        self.final_block = Block(width, width)
        self.final_proj = nn.Conv1d(width, mel, 1)

    def forward(
        self, x: Tensor, mask: Tensor, mu: Tensor, t: Tensor, spks: Tensor, cond: Tensor, streaming: bool = False
    ) -> Tensor:
        """The direction in which x moves at time t.

        x, mu, cond (B, mel, M): the noisy mel, what the encoder says of it, and the prompt's mel with zeros after it.
        mask (B, 1, M), of x's dtype, 1 where valid. t (B), 0 to 1. spks (B, mel): the projected speaker. streaming:
        attention sees no later chunk than its own (50 frames).
        The original's signature has spks and cond optional; its pipeline always gives both.
        Returns (B, mel, M), 0 where the mask is.
        Source: CosyVoice2's causal conditional decoder, public description.
        """
        time = self.time_mlp(self.time_embeddings(t))
        x = torch.cat((x, mu, spks.unsqueeze(-1).expand(-1, -1, x.size(2)), cond), dim=1)
        skip = x
        for group in self.down_blocks:
            skip = group(x, mask, time, self.chunk, streaming)
            x = group[2](skip * mask)  # type: ignore[index]
        for group in self.mid_blocks:
            x = group(x, mask, time, self.chunk, streaming)
        for group in self.up_blocks:
            x = group(torch.cat((x, skip), dim=1), mask, time, self.chunk, streaming)
            x = group[2](x * mask)  # type: ignore[index]
        x = self.final_block(x, mask)
        out: Tensor = self.final_proj(x * mask) * mask
        return out


def flow_estimator() -> Workload:
    """The estimator at its true size."""
    module = build_seeded(FlowEstimator, CheckpointPart("flow.pt", "decoder.estimator."))
    return Workload(module, scenarios(), artefact="flow.decoder.estimator", sound=SOUND)


def small_flow_estimator() -> Workload:
    """The same graph at a quarter of the width."""
    module = build_seeded(lambda: FlowEstimator(width=64, heads=2, head_width=32, time_width=256))
    return Workload(module, scenarios(), threads=1, artefact="flow.decoder.estimator.small", sound=SOUND)


def scenarios() -> dict[str, Inputs]:
    """Scenario name -> positional arguments of `FlowEstimator.forward`, float32, prompt and new speech together.

    Batch 2 is for guidance: row 0 is conditional, row 1 has the same x and mask and zeros for the rest.
    """
    every = {name: call(name, PROMPT_TOKENS + new, False) for name, new in SENTENCE_TOKENS.items()}
    # The three tokens that the encoder looks ahead at become no frames.
    return {"first_chunk": call("first_chunk", PROMPT_TOKENS + FIRST_CHUNK_TOKENS - 3, True), **every}


def call(name: str, tokens: int, streaming: bool) -> Inputs:
    """`tokens` of prompt and speech together: inputs of the sixth step of ten: t = 1 - cos(pi / 4)."""
    frames, prompt = FRAMES_PER_TOKEN * tokens, FRAMES_PER_TOKEN * PROMPT_TOKENS
    x = normal(f"{name}.x", 1, MEL, frames)
    mu = normal(f"{name}.mu", 1, MEL, frames)
    spks = normal(f"{name}.spks", 1, MEL)
    cond = normal(f"{name}.cond", 1, MEL, frames)
    cond[:, :, prompt:] = 0
    t = torch.full((2,), 0.29289323)
    guided = [torch.cat((value, torch.zeros_like(value))) for value in (mu, spks, cond)]
    return (x.repeat(2, 1, 1), torch.ones(2, 1, frames), guided[0], t, guided[1], guided[2], streaming)
