"""Two modes of a machine, named: rounds of one worker that take one of two durations."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from jitgate.model.measurement import Measurement
from jitgate.statistics import round_modes


def mode_notes(measurement: Measurement) -> list[str]:
    """A sentence for each worker whose rounds take one of two durations; none where calls have unlike inputs."""
    return list(_notes(measurement)) if measurement.same_inputs else []


def _notes(measurement: Measurement) -> Iterator[str]:
    for name, samples in measurement.all_samples.items():
        found = round_modes([statistics.median(turn) for turn in samples.turns if turn])
        if found is not None:
            yield f"Rounds of {name} take one of two durations, {found.text}."
