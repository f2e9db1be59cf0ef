"""How far outputs are from eager's, for the summary: sound by its audio metrics, ids and lengths by their number."""

from __future__ import annotations

import math
from collections.abc import Iterator

from jitgate.gates.output import token_agreement
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, is_variant


def audio_metrics(measurement: Measurement) -> Iterator[str]:
    """`inductor, audio: log-mel distance 0.001 dB, SNR 118 dB, multi-resolution STFT distance 0.0002`."""
    for name, samples in measurement.all_samples.items():
        accuracy = samples.accuracy
        if (
            name == BASELINE
            or not is_variant(name)
            or accuracy is None
            or accuracy.log_mel_db is None
            or accuracy.snr_db is None
        ):
            continue
        snr = "bit-identical" if math.isinf(accuracy.snr_db) else f"SNR {accuracy.snr_db:.0f} dB"
        parts = [f"log-mel distance {accuracy.log_mel_db:.2g} dB", snr]
        if accuracy.mr_stft is not None:
            parts.append(f"multi-resolution STFT distance {accuracy.mr_stft:.2g}")
        yield f"{name}, audio: {', '.join(parts)}"


def integers(measurement: Measurement) -> Iterator[str]:
    """`all 4 integer outputs (ids, lengths, masks) match eager's: inductor, compile`, and the variants that differ.

    Ids that greedy decoding chose have lines of their own.
    """
    every = {
        name: (samples, samples.accuracy)
        for name, samples in measurement.all_samples.items()
        if name != BASELINE and is_variant(name) and samples.accuracy is not None
    }
    compared = {name: accuracy for name, (_, accuracy) in every.items() if accuracy.integers}
    equal = [name for name, accuracy in compared.items() if not accuracy.unequal]
    if equal:
        # Every variant is compared with the same right answers, so that all have as many.
        count = compared[equal[0]].integers
        yield f"all {count} integer outputs (ids, lengths, masks) match eager's: {', '.join(equal)}"
    for name, accuracy in compared.items():
        if accuracy.unequal:
            yield f"{name}: {accuracy.unequal} of {accuracy.integers} integer outputs differ from eager's"
    for name, (samples, accuracy) in every.items():
        if accuracy.ids:
            yield f"{name}: {token_agreement(samples)}"
