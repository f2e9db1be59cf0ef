"""Lines on what a peak does not tell: weights, activations and libraries, mapped files, child processes."""

from __future__ import annotations

from collections.abc import Iterator

from jitgate.gates.memory_words import memory_words, parts_of_peak
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.variant import is_variant


def memory_lines(measurement: Measurement) -> Iterator[str]:
    """A line for each variant that has something to tell."""
    for samples in measurement.all_samples.values():
        memory = samples.memory or MemoryPeaks()
        parts = parts_of_peak(memory)
        words = [*([f"of steady calls {parts}"] if parts else []), *memory_words(memory)]
        if words and is_variant(samples.name):
            yield f"memory of {samples.name}: {'; '.join(words)}"
