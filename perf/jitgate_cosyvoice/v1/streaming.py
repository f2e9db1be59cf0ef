"""How CosyVoice-300M speaks before it knows the end: which tokens each piece takes, and what of it is held back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

HOP = 100
"""Tokens from one piece's begin to the next one's: 2 s."""

OVERLAP = 20
"""Tokens that the next piece begins with again."""

HELD_MEL = 34
"""The same in mel frames, which the two pieces are faded over."""

HELD_FRAMES = 20
"""Mel frames at the end of what the vocoder was given, which it is given again before the next ones."""

HELD_SAMPLES = 5120
"""The same in samples, 256 a frame, over which the audio is faded."""


class Piece(NamedTuple):
    """The flow runs on `tokens` of the sentence, from number `first` on. last: nothing more will come."""

    first: int
    tokens: int
    last: bool


def schedule(tokens: int) -> Iterator[Piece]:
    """The pieces of a sentence of `tokens`. Unlike version 2, no piece is made of what was said before it.

    Source: CosyVoice's streaming inference, public description.
    """
    first = 0
    while tokens - first >= HOP + OVERLAP:
        yield Piece(first, HOP + OVERLAP, last=False)
        first += HOP
    yield Piece(first, tokens - first, last=True)
