"""Measurements of a pipeline made of numbers: two stages and what is between them."""

from __future__ import annotations

import numpy as np
from jitgate.model.accuracy import Accuracy
from jitgate.model.cold_start import ColdStart
from jitgate.model.measurement import Measurement
from jitgate.model.samples import Samples
from jitgate.model.turn import StageTime
from jitgate.model.utterance import PipelineUtterance
from jitgate.model.variant import BASELINE, CONTROL

STAGED = "encoder=jit"
SPOKEN = PipelineUtterance(
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

    def samples(name: str, encoder: float, others: float) -> Samples:
        turns, stage_times = [], []
        for _ in range(rounds):
            noise = np.exp(rng.normal(0.0, spread, 4))
            stages = {
                stage: seconds / (encoder if stage == "encoder" else others) * float(jitter)
                for (stage, seconds), jitter in zip(STAGES_S.items(), noise, strict=False)
            }
            turns.append((sum(stages.values()) + BETWEEN_S / others * float(noise[3]),))
            if twice:
                stages["encoder"] += stages["vocoder"]
            stage_times.append((tuple(StageTime(stage, spent, spent + 0.1, 1) for stage, spent in stages.items()),))
        return Samples(name, tuple(turns), (), (), ColdStart(), accuracy=Accuracy(1e-6), stage_times=tuple(stage_times))

    all_samples = {
        BASELINE: samples(BASELINE, 1.0, 1.0),
        STAGED: samples(STAGED, gain, elsewhere),
        CONTROL: samples(CONTROL, 1.0, 1.0),
    }
    said = PipelineUtterance(**{**vars(SPOKEN), "streaming": streaming})
    return Measurement("my.pipeline", "2s", "cpu", 0, all_samples, wall_s=100.0, busy_s=99.0, utterance=said)
