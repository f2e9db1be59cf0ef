"""CosyVoice-300M's speech: 50 tokens a second, frames of 256 samples at 22.05 kHz, and no whole number of the one in
the other.
"""

from __future__ import annotations

RATE = 50
"""Speech tokens a second."""

PROMPT = 174
"""Speech tokens of the prompt: 3.48 s, the original's example."""

SENTENCES = {"1s": 1, "5s": 5, "15s": 15}
"""Scenario -> seconds of new speech."""

RATE_HZ = 22_050
SAMPLES_PER_FRAME = 256


def frames_of(tokens: int) -> int:
    """Mel frames of so many speech tokens, in floating point from left to right, as the original rounds."""
    return int(tokens / RATE * RATE_HZ / SAMPLES_PER_FRAME)


PROMPT_FRAMES = frames_of(PROMPT)
"""Mel frames of the prompt: 299."""
