"""Parity by ear, for the summary: one line of numbers for each variant whose output is sound."""

from __future__ import annotations

import math
from collections.abc import Iterator

from jitgate.engines.registry import BASELINE, CONTROL
from jitgate.model.measurement import Measurement


def heard(measurement: Measurement) -> Iterator[str]:
    """`inductor by ear: log-mel distance 0.001 dB, SNR 118 dB, multi-resolution STFT distance 0.0002`."""
    for name, arm in measurement.arms.items():
        parity = arm.parity
        if name in (BASELINE, CONTROL) or parity is None or parity.log_mel_db is None or parity.snr_db is None:
            continue
        snr = "not a bit apart" if math.isinf(parity.snr_db) else f"SNR {parity.snr_db:.0f} dB"
        parts = [f"log-mel distance {parity.log_mel_db:.2g} dB", snr]
        if parity.mr_stft is not None:
            parts.append(f"multi-resolution STFT distance {parity.mr_stft:.2g}")
        yield f"{name} by ear: {', '.join(parts)}"
