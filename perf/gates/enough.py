"""When to stop measuring: an object that is asked."""

from __future__ import annotations

from dataclasses import dataclass

from perf.gates.cell import Cell
from perf.gates.policy import Policy
from perf.gates.ruling import Judge
from perf.measurement.measurement import Measurement
from perf.variants.registry import CONTROL


@dataclass(frozen=True)
class GatesDecided:
    """Enough when no speed gate of the measurement would be answered otherwise by more rounds."""

    policy: Policy
    judge: Judge

    def __call__(self, measurement: Measurement) -> bool:
        kind = measurement.device.split(":")[0]
        for variant in measurement.arms:
            if variant == CONTROL:
                continue
            gate = self.policy.min_speedup(Cell(measurement.workload, measurement.scenario, variant), kind)
            if gate is None or gate.min_speedup is None:
                continue
            if self.judge.undecided(measurement, variant, gate.min_speedup):
                return False
        return True


@dataclass(frozen=True)
class LimitDecided:
    """Enough when one comparison, `variant` at least `minimum` times as fast, is decided."""

    judge: Judge
    variant: str
    minimum: float

    def __call__(self, measurement: Measurement) -> bool:
        return not self.judge.undecided(measurement, self.variant, self.minimum)
