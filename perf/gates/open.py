"""Who needs more rounds: an object that is asked after each of them."""

from __future__ import annotations

from dataclasses import dataclass

from perf.gates.cell import Cell
from perf.gates.policy import Policy
from perf.gates.ruling import Judge
from perf.measurement.measurement import Measurement
from perf.variants.registry import BASELINE, CONTROL


@dataclass(frozen=True)
class OpenGates:
    """The variants of which more rounds may still decide a gate, and what they are compared with but for eager."""

    policy: Policy
    judge: Judge

    def __call__(self, measurement: Measurement) -> list[str]:
        kind = measurement.device.split(":")[0]
        found: list[str] = []
        for variant in measurement.arms:
            cell = Cell(measurement.workload, measurement.scenario, variant)
            baseline = self.policy.baseline(cell, kind)
            if variant != CONTROL and any(
                self.judge.undecided(measurement, variant, name, limit, baseline)
                for name, limit in self.policy.timed_limits(cell, kind).items()
            ):
                found += [variant] if baseline == BASELINE else [variant, baseline]
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class OpenLimit:
    """One comparison of `variant` with a limit of that name, while more rounds may still decide it."""

    judge: Judge
    variant: str
    name: str
    limit: float
    baseline: str = BASELINE

    def __call__(self, measurement: Measurement) -> list[str]:
        if not self.judge.undecided(measurement, self.variant, self.name, self.limit, self.baseline):
            return []
        return [self.variant] if self.baseline == BASELINE else [self.variant, self.baseline]
