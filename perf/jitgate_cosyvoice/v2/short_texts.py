"""Short texts through CosyVoice2's flow encoder: one after another, or, as a variant, in one batch.

The device analysis advises against batches of short texts. They are equally long here, which is the best case for a
batch: nothing is padded, and both ways give the same answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jitgate.workloads.checkpoint import CheckpointPart
from jitgate.workloads.weights import build_seeded
from jitgate.workloads.workload import Workload
from torch import Tensor, nn

from jitgate_cosyvoice.v2.flow_encoder import FlowEncoder
from jitgate_cosyvoice.v2.speech import PROMPT_TOKENS, SENTENCE_TOKENS, normal

if TYPE_CHECKING:
    from jitgate.model.inputs import Inputs

TEXTS = 4
"""A handful: what a reader of a dialogue may have waiting."""


class ShortTexts(nn.Module):
    """The encoder, asked for several texts. Its answer is that of a batch: frames (B, 2T, width)."""

    def __init__(self, width: int = 512, heads: int = 8, feed_forward: int = 2048) -> None:
        super().__init__()
        self.encoder = FlowEncoder(width, heads, feed_forward)

    def forward(self, xs: Tensor, xs_lens: Tensor) -> Tensor:
        """One after another. xs (B, T, width): embedded tokens of B texts; xs_lens (B)."""
        return torch.cat([self.encoder(xs[row : row + 1], xs_lens[row : row + 1])[0] for row in range(xs.size(0))])

    def together(self, xs: Tensor, xs_lens: Tensor) -> Tensor:
        """The same in one call; arguments and answer as of `forward`."""
        frames: Tensor = self.encoder(xs, xs_lens)[0]
        return frames


def short_texts() -> Workload:
    """At true size."""
    module = build_seeded(ShortTexts, CheckpointPart("flow.pt", "encoder.", under="encoder."))
    return Workload(module, scenarios(width=512))


def small_short_texts() -> Workload:
    """A quarter of the width, on one thread."""
    module = build_seeded(lambda: ShortTexts(width=128, heads=4, feed_forward=512))
    return Workload(module, scenarios(width=128), threads=1)


def scenarios(width: int) -> dict[str, Inputs]:
    """`four_of_1s`: four texts of a second of speech each, every one behind its prompt."""
    tokens = PROMPT_TOKENS + SENTENCE_TOKENS["1s"]
    lengths = torch.full((TEXTS,), tokens, dtype=torch.int32)
    return {"four_of_1s": (normal("short_texts.four_of_1s", TEXTS, tokens, width), lengths)}
