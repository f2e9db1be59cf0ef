"""Who needs more rounds: an object that is asked after each of them."""

from __future__ import annotations

from dataclasses import dataclass

from perf.gates.cell import Cell
from perf.gates.policy import Policy
from perf.gates.ruling import Judge
from perf.measurement.measurement import Measurement
from perf.variants.registry import CONTROL


@dataclass(frozen=True)
class OpenGates:
    """The variants whose speed gate more rounds may still decide."""

    policy: Policy
    judge: Judge

    def __call__(self, measurement: Measurement) -> list[str]:
        kind = measurement.device.split(":")[0]
        found = []
        for variant in measurement.arms:
            gate = self.policy.min_speedup(Cell(measurement.workload, measurement.scenario, variant), kind)
            if variant == CONTROL or gate is None or gate.min_speedup is None:
                continue
            if self.judge.undecided(measurement, variant, gate.min_speedup):
                found.append(variant)
        return found


@dataclass(frozen=True)
class OpenLimit:
    """One comparison, `variant` at least `minimum` times as fast, while more rounds may still decide it."""

    judge: Judge
    variant: str
    minimum: float

    def __call__(self, measurement: Measurement) -> list[str]:
        return [self.variant] if self.judge.undecided(measurement, self.variant, self.minimum) else []
