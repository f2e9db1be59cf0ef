"""What the flow encoder is fed: lengths that CosyVoice2 really sees, and seeded numbers.

A zero-shot prompt of 3.48 s (the original's example) is 87 tokens at 25 tokens/s, and the encoder gets prompt and new
speech together. A streaming step encodes all tokens but the last three, which it passes as context.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from jitgate.model.inputs import Inputs

# Tokens of xs. First chunk after the prompt: the original pads the prompt to 100 tokens and adds its hop of 25. Without
# a prompt (a speaker from fine-tuning): the hop alone.
STREAMING = {"first_chunk": 125, "first_chunk_sft": 25}

# 87 of prompt, and 1, 5 and 15 s of speech.
SENTENCES = {"1s": 112, "5s": 212, "15s": 462}

# 87 of prompt and 1 to 15 s of speech: what a service meets, where hardly a length comes twice. The first 40 of
# np.random.default_rng(0).permutation(np.arange(112, 463)), written down because numpy may change that stream.
# fmt: off
VARIED = (
    270, 223, 229, 240, 302, 320, 187, 315, 313, 311,
    182, 378, 453, 233, 130, 420, 218, 348, 312, 150,
    366, 307, 443, 252, 148, 376, 309, 253, 417, 231,
    332, 117, 156, 293, 151, 183, 456, 274, 143, 112,
)
# fmt: on


def scenarios(width: int) -> dict[str, Inputs | list[Inputs]]:
    """Scenario name -> positional arguments of `FlowEncoder.forward`, batch 1, float32, `width` channels."""
    every: dict[str, Inputs | list[Inputs]] = {}
    for name, tokens in STREAMING.items():
        every[name] = call(name, tokens, width, context=3)
    for name, tokens in SENTENCES.items():
        every[name] = call(name, tokens, width, context=0)
    every["varied"] = [call(f"varied.{index}", tokens, width, context=0) for index, tokens in enumerate(VARIED)]
    return every


def call(name: str, tokens: int, width: int, context: int) -> Inputs:
    """One call of `tokens` tokens: xs, xs_lens, context, the two ignored limits, streaming.

    xs and context are the standard normal draws, in that order, of numpy.random.default_rng(crc32(name)).
    """
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    xs = torch.from_numpy(generator.standard_normal((1, tokens, width), dtype=np.float32))
    # int32 and with the context counted in, as the original's caller passes them.
    xs_lens = torch.tensor([tokens + context], dtype=torch.int32)
    if context == 0:
        return (xs, xs_lens, torch.zeros(0, 0, 0), 0, -1, False)
    ahead = torch.from_numpy(generator.standard_normal((1, context, width), dtype=np.float32))
    return (xs, xs_lens, ahead, 0, -1, True)
