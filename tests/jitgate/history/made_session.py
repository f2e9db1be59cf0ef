"""A whole session whose measurements are made of numbers in `figures.json` of its project: nothing is timed.

`{"short": {"eager_ms": 10, "jit_ms": 5, "peak_mib": 100, ...}}`, by scenario.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from jitgate.model.content_digests import ContentDigests
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.samples import Samples

from tests.jitgate.measurements import MIB, made_of


def made(scenario: str, figures: dict[str, Any]) -> Measurement:
    """The measurement of one scenario."""
    eager_ms, jit_ms = figures.get("eager_ms", 10.0), figures.get("jit_ms", 5.0)
    found = made_of(eager_ms / jit_ms, rounds=figures.get("rounds", 200), spread=0.001, seed=figures.get("seed", 0))
    memory = MemoryPeaks(round(figures.get("peak_mib", 100) * MIB))

    def scaled(samples: Samples) -> Samples:
        turns = tuple(tuple(call * eager_ms / 10.0 for call in turn) for turn in samples.turns)
        return replace(samples, turns=turns, memory=memory)

    digests = ContentDigests(figures.get("inputs", "form-bits"), figures.get("weights", "form-bits"))
    every = {name: scaled(samples) for name, samples in found.all_samples.items()}
    if "missing" in figures:
        every = {name: samples for name, samples in every.items() if name != figures["missing"]}
    return replace(found, scenario=scenario, all_samples=every, digests=digests)


class Made:
    """In the place of `Measurements`."""

    def __init__(self, *_: object) -> None:
        self._figures: dict[str, Any] = json.loads(Path("figures.json").read_text())
        self.done: dict[tuple[str, str], Measurement] = {}

    def get(self, workload: str, scenario: str) -> Measurement:
        if (workload, scenario) not in self.done:
            self.done[workload, scenario] = made(scenario, self._figures[scenario])
        return self.done[workload, scenario]

    def more(self, workload: str, scenario: str, undecided: object) -> Measurement:
        return self.get(workload, scenario)

    def close(self) -> None: ...
