"""CosyVoice-300M's vocoder: the one of version 2 at 22.05 kHz, with two upsamplings in place of three.

Written from a public description of the architecture (FunAudioLLM/CosyVoice, version 1, `hift`), not from its source;
parameters have the original's names, shapes and order, so that a real `hift.pt` loads.
"""

from __future__ import annotations

from jitgate.workloads.sound import Sound
from jitgate.workloads.weight_source import current

from jitgate_cosyvoice.v1.source import SampledSines
from jitgate_cosyvoice.v1.speech import RATE_HZ
from jitgate_cosyvoice.v2.source import Source
from jitgate_cosyvoice.v2.vocoder import Vocoder

SOUND = Sound.waveform(RATE_HZ)
"""With seeded weights every frame is unvoiced: no sine is summed up, and two right builds agree sample by sample."""

TRAINED_SOUND = Sound.waveform(RATE_HZ, perceptual=True)
"""With trained weights a phase is summed up over every sample of the sentence, and rounding with it."""


def vocoder(width: int = 512, predictor_width: int = 512) -> Vocoder:
    """The defaults are CosyVoice-300M's: 20,460,591 parameters in 227 tensors. 8 x 8 x 4 = 256 samples a mel frame.

    Its noise is (B, 9, 256 M), and its phase is in radians: see `SampledSines`.
    """
    return Vocoder(
        width=width,
        predictor_width=predictor_width,
        source=Source(SampledSines()),
        rates=(8, 8),
        kernels=(16, 16),
        source_kernels=(7, 11),
    )


def small_vocoder() -> Vocoder:
    """The same graph at a quarter of the width."""
    return vocoder(width=128, predictor_width=128)


def sound() -> Sound:
    """What the waveform is, by where its weights come from."""
    return SOUND if current().checkpoint is None else TRAINED_SOUND
