"""What CosyVoice's three modules are fed: a prompt of 3.48 s and 1, 5 or 15 s of speech, with seeded numbers.

Version 1 makes 50 speech tokens a second, so the prompt is 174 of them.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np
import torch

from jitgate_cosyvoice.v1.speech import PROMPT, RATE, SENTENCES

if TYPE_CHECKING:
    from jitgate.model.inputs import Inputs

PROMPT_TEXT = 10
TEXT_RATE = 5
"""Text tokens of the prompt, and of each second of new speech: an assumption, for Chinese at about that many a second.

It lies between the limits of the original, which lets a text token stand for 2 to 20 speech tokens.
"""

STEPS = 4
"""Decode steps of a scenario, the last ones of the sentence: each has another length, as each step of a sentence has.

Not more, because every step brings a cache of its own: at 15 s, 109 MB.
"""


def text_positions(seconds: int) -> int:
    """Text tokens of prompt and sentence together."""
    return PROMPT_TEXT + TEXT_RATE * seconds


def prompt_positions(seconds: int) -> int:
    """Positions that the language model starts from: start, speaker, text, task, and the prompt's speech."""
    return 2 + text_positions(seconds) + 1 + PROMPT


def text_scenarios(width: int) -> dict[str, Inputs]:
    """Scenario name -> arguments of the text encoder's `forward`, as the language model's wrapper passes them."""
    return {
        name: (*_sequence(f"text.{name}", text_positions(seconds), width), 1, -1) for name, seconds in SENTENCES.items()
    }


def flow_scenarios(width: int) -> dict[str, Inputs]:
    """Scenario name -> arguments of the flow encoder's `forward`: the speech tokens of prompt and sentence."""
    return {name: flow_call(name, RATE * seconds, width) for name, seconds in SENTENCES.items()}


def flow_call(name: str, tokens: int, width: int) -> Inputs:
    """One call of the flow encoder, for the prompt and so many tokens after it; both limits at their defaults."""
    return (*_sequence(f"flow.{name}", PROMPT + tokens, width), 0, -1)


def step_scenarios(width: int, heads: int, layers: int) -> dict[str, Inputs | list[Inputs]]:
    """Scenario name -> arguments of `NextPositions.forward`.

    `prompt_5s` is the first call, with no cache; the others are the last `STEPS` steps of a sentence, one position
    each, on a cache of all positions before them.
    """
    every: dict[str, Inputs | list[Inputs]] = {"prompt_5s": prompt_call("5s", width)}
    for name, seconds in SENTENCES.items():
        last = prompt_positions(seconds) + RATE * seconds - 1
        every[name] = [step_call(name, cached, width, heads, layers) for cached in range(last - STEPS, last)]
    return every


def prompt_call(name: str, width: int) -> Inputs:
    """The first call of a sentence: every position sees itself and what came before."""
    positions = prompt_positions(SENTENCES[name])
    lower = torch.ones(positions, positions, dtype=torch.bool).tril().unsqueeze(0)
    return (_normal(f"llm.prompt_{name}", 1, positions, width), torch.zeros(0, 0, 0, 0), lower)


def step_call(name: str, cached: int, width: int, heads: int, layers: int) -> Inputs:
    """One position on a cache of so many."""
    return (
        _normal(f"llm.{name}.{cached}", 1, 1, width),
        _normal(f"cache.{name}.{cached}", layers, heads, cached, 2 * width // heads),
        torch.ones(1, 1, 1, dtype=torch.bool),
    )


def _sequence(name: str, length: int, width: int) -> Inputs:
    """Embedded tokens, and their number in int32, as the original's caller passes it."""
    return (_normal(name, 1, length, width), torch.tensor([length], dtype=torch.int32))


def _normal(name: str, *shape: int) -> torch.Tensor:
    """Standard normal float32 of numpy.random.default_rng(crc32(name))."""
    return torch.from_numpy(np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape, dtype=np.float32))
