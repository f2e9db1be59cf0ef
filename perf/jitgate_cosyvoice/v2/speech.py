"""The speech that all stages of CosyVoice2 are fed with: how long it is, in tokens, and how inputs are drawn."""

from __future__ import annotations

import zlib

import numpy as np
import torch
from torch import Tensor

PROMPT_TOKENS = 87
"""A zero-shot prompt of 3.48 s (the original's example) at 25 tokens/s."""

SENTENCE_TOKENS = {"1s": 25, "5s": 125, "15s": 375}
"""New speech, without the prompt."""

FIRST_CHUNK_TOKENS = 41
"""What the first streaming step takes after such a prompt: it pads the prompt to 100 tokens, adds its hop of 25, and
looks 3 tokens ahead."""

FRAMES_PER_TOKEN = 2
"""Mel frames of a token: 50/s."""

MEL = 80
"""Bands of a mel frame."""

SPEAKER = 192
"""Width of a speaker vector."""


def normal(name: str, *shape: int) -> Tensor:
    """Standard normal draws, float32, of numpy.random.default_rng(crc32(name)): equal in every process."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    return torch.from_numpy(generator.standard_normal(shape, dtype=np.float32))


def tokens(name: str, count: int, vocabulary: int) -> Tensor:
    """Token ids (1, count), int32 as the original passes them, of numpy.random.default_rng(crc32(name))."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    return torch.from_numpy(generator.integers(0, vocabulary, (1, count)).astype(np.int32))
