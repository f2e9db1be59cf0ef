"""Measurements of a pipeline made of numbers: two stages and what is between them."""

from __future__ import annotations

import numpy as np
from jitgate.engines.registry import BASELINE, CONTROL
from jitgate.measure.utterance import Spoken
from jitgate.model.cold_start import Cold
from jitgate.model.measurement import Arm, Measurement
from jitgate.pool.pool import Lap
from jitgate.worker.accuracy import Parity

STAGED = "encoder=jit"
SPOKEN = Spoken(
    {"llm": "tokens", "encoder": "", "vocoder": "audio"},
    audio_s=2.0,
    speech_tokens=50,
    characters=10,
    operations={"llm": 60, "encoder": 10, "vocoder": 30, "": 100},
)
STAGES_S = {"llm": 0.5, "encoder": 0.2, "vocoder": 0.25}
BETWEEN_S = 0.05


def sentence_of(
    gain: float,
    *,
    elsewhere: float = 1.0,
    rounds: int = 30,
    spread: float = 0.01,
    twice: bool = False,
    streaming: bool = False,
    seed: int = 0,
) -> Measurement:
    """A sentence of 1 s whose encoder is `gain` times as fast in the variant, and all else `elsewhere` times.

    twice: the vocoder is timed within the encoder too.
    """
    rng = np.random.default_rng(seed)

    def arm(name: str, encoder: float, others: float) -> Arm:
        turns, laps = [], []
        for _ in range(rounds):
            noise = np.exp(rng.normal(0.0, spread, 4))
            stages = {
                part: seconds / (encoder if part == "encoder" else others) * float(jitter)
                for (part, seconds), jitter in zip(STAGES_S.items(), noise, strict=False)
            }
            turns.append((sum(stages.values()) + BETWEEN_S / others * float(noise[3]),))
            if twice:
                stages["encoder"] += stages["vocoder"]
            laps.append((tuple(Lap(part, spent, spent + 0.1, 1) for part, spent in stages.items()),))
        return Arm(name, tuple(turns), (), (), Cold(), parity=Parity(1e-6), laps=tuple(laps))

    arms = {BASELINE: arm(BASELINE, 1.0, 1.0), STAGED: arm(STAGED, gain, elsewhere), CONTROL: arm(CONTROL, 1.0, 1.0)}
    said = Spoken(**{**vars(SPOKEN), "streaming": streaming})
    return Measurement("my.pipeline", "2s", "cpu", 0, arms, wall_s=100.0, busy_s=99.0, spoken=said)
