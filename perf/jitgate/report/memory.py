"""Lines on what a peak does not tell: mapped files, shared memory, child processes."""

from __future__ import annotations

from collections.abc import Iterator

from jitgate.gates.memory_words import memory_words
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.variant import is_variant


def memory_lines(measurement: Measurement) -> Iterator[str]:
    """A line for each variant that has something to tell."""
    for samples in measurement.all_samples.values():
        words = memory_words(samples.memory or MemoryPeaks())
        if words and is_variant(samples.name):
            yield f"memory of {samples.name}: {'; '.join(words)}"
