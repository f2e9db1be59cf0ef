"""How CosyVoice2 speaks before it knows the end: which tokens each step takes, and how pieces of audio are joined."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from jitgate_cosyvoice.v2.layers import LOOKAHEAD

HOP = 25
"""Tokens of a step at first, once the prompt is padded to a multiple of it."""

LONGEST_HOP = 100
GROWTH = 2
"""Each step is twice the one before, up to `LONGEST_HOP`."""

HELD_FRAMES = 8
"""Mel frames at the end of a piece that the next one begins with again, so that the two can be faded."""

HELD_SAMPLES = 3840
"""The same in samples: 480 a frame."""


class Step(NamedTuple):
    """The flow runs on the first `tokens` of the sentence, and what comes of the first `known` of them is dropped.

    last: nothing more will come: nothing is looked ahead at, and attention is no longer limited to chunks, as in the
    original.
    """

    tokens: int
    known: int
    last: bool


def schedule(tokens: int, prompt: int) -> Iterator[Step]:
    """The steps of a sentence of `tokens`, after a prompt of so many, on a fresh instance.

    The original keeps the hop on the instance and never resets it: its first request begins with 25, every later one
    with up to 100, so that the latency of its first piece depends on what was said before. Here every sentence is a
    first one.
    Source: CosyVoice2's streaming inference, public description.
    """
    hop, known = HOP, 0
    take = hop + -prompt % hop
    while tokens - known >= take + LOOKAHEAD:
        yield Step(known + take + LOOKAHEAD, known, last=False)
        known += take
        hop = min(LONGEST_HOP, GROWTH * hop)
        take = hop
    yield Step(tokens, known, last=True)


def fade_window(count: int = HELD_SAMPLES) -> Tensor:
    """Rising and falling half of a symmetric Hamming window, (2, count) float64 on the CPU."""
    both = torch.hamming_window(2 * count, periodic=False, dtype=torch.float64, device="cpu")
    return both.view(2, count)


def faded(audio: Tensor, held: Tensor, window: Tensor) -> Tensor:
    """audio (..., L) whose begin is mixed with what was held back before, (..., n); window (2, n); on the CPU.

    In float64 and on the CPU, as in the original.
    """
    out = audio.cpu().clone()
    rising, falling = window
    begin = out[..., : rising.size(0)]
    begin.copy_(begin.double() * rising + held.cpu().double() * falling)
    return out
