"""Audio metrics for the summary: one line for each variant whose output is a waveform."""

from __future__ import annotations

import math
from collections.abc import Iterator

from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, CONTROL


def audio_metrics(measurement: Measurement) -> Iterator[str]:
    """`inductor, audio: log-mel distance 0.001 dB, SNR 118 dB, multi-resolution STFT distance 0.0002`."""
    for name, samples in measurement.all_samples.items():
        accuracy = samples.accuracy
        if name in (BASELINE, CONTROL) or accuracy is None or accuracy.log_mel_db is None or accuracy.snr_db is None:
            continue
        snr = "bit-identical" if math.isinf(accuracy.snr_db) else f"SNR {accuracy.snr_db:.0f} dB"
        parts = [f"log-mel distance {accuracy.log_mel_db:.2g} dB", snr]
        if accuracy.mr_stft is not None:
            parts.append(f"multi-resolution STFT distance {accuracy.mr_stft:.2g}")
        yield f"{name}, audio: {', '.join(parts)}"
