"""What the language model is fed: a prompt of 3.48 s and 1, 5 or 15 s of speech, with seeded ids and caches."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
import torch

from jitgate_cosyvoice.v2.language_model import SPEECH_IDS

if TYPE_CHECKING:
    from jitgate.model.inputs import Inputs

    from jitgate_cosyvoice.v2.language_model import Cache, QwenSize

RATE = 25
"""Speech tokens a second."""

PROMPT = 87
"""Speech tokens of the prompt: 3.48 s, the original's example."""

SENTENCES = {"1s": 1, "5s": 5, "15s": 15}
"""Scenario -> seconds of new speech."""

PROMPT_TEXT = 10
TEXT_RATE = 5
"""Text tokens of the prompt, and of each second of new speech: an assumption, for Chinese at about that many a second.

It lies between the limits of the original, which lets a text token stand for 2 to 20 speech tokens.
"""

STEPS = 4
"""Decode steps of a scenario, the last ones of the sentence: each has another length, as each step of a sentence has.

The ids that are fed are fixed, not the ones that came out, so that every variant does the same work.
"""

HEAD_WIDTH = 64


def prompt_positions(seconds: int) -> int:
    """Positions of the first step: start, text, task, and the prompt's speech."""
    return 1 + PROMPT_TEXT + TEXT_RATE * seconds + 1 + PROMPT


def prefill_scenarios(size: QwenSize) -> dict[str, Inputs]:
    """Scenario name -> arguments of `Prefill.forward`."""
    return {
        name: (
            _ids(f"prompt_text.{name}", PROMPT_TEXT, size.vocabulary),
            _ids(f"text.{name}", TEXT_RATE * seconds, size.vocabulary),
            _ids(f"prompt_speech.{name}", PROMPT, SPEECH_IDS),
        )
        for name, seconds in SENTENCES.items()
    }


def decode_scenarios(size: QwenSize) -> dict[str, list[Inputs]]:
    """Scenario name -> arguments of `Decode.forward`, one tuple for each of the last `STEPS` steps of the sentence."""
    every: dict[str, list[Inputs]] = {}
    for name, seconds in SENTENCES.items():
        last = prompt_positions(seconds) + RATE * seconds - 1
        every[name] = [
            (_ids(f"token.{name}.{cached}", 1, SPEECH_IDS)[0], _cache(f"cache.{name}.{cached}", cached, size))
            for cached in range(last - STEPS, last)
        ]
    return every


def _ids(name: str, count: int, below: int) -> torch.Tensor:
    """(1, count) int32, as the original's caller passes them: numpy.random.default_rng(crc32(name)).integers."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    return torch.from_numpy(generator.integers(0, below, (1, count)).astype(np.int32))


def _cache(name: str, positions: int, size: QwenSize) -> Cache:
    """Keys and values of every layer, standard normal: about the spread that seeded weights give them."""
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    shape = (size.layers, 2, 1, size.key_heads, positions, HEAD_WIDTH)
    drawn = torch.from_numpy(generator.standard_normal(shape, dtype=np.float32))
    return tuple((layer[0].clone(), layer[1].clone()) for layer in drawn)
