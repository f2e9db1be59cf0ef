"""Who needs more rounds: an object that is asked after each of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from jitgate.config.policy import Policy
from jitgate.engines.staged import is_staged
from jitgate.gates.judge import Judge
from jitgate.gates.pipeline import judge_prediction
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.statistics import Outcome

FASTER = 1.0
"""From here on a variant is faster; what a recommendation asks of it."""


@dataclass(frozen=True)
class OpenGates:
    """The variants of which more rounds may still decide a gate, and what they are compared with but for eager."""

    policy: Policy
    judge: Judge

    def __call__(self, measurement: Measurement) -> list[str]:
        kind = measurement.device.split(":")[0]
        found: list[str] = []
        for variant in measurement.all_samples:
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


@dataclass(frozen=True)
class OpenSentences:
    """The variants of a pipeline of which the gain of a sentence can't be compared with its prediction yet."""

    judge: Judge

    def __call__(self, measurement: Measurement) -> list[str]:
        return [
            variant
            for variant in measurement.all_samples
            if is_staged(variant) and judge_prediction(self.judge, measurement, variant).verdict is Outcome.INCONCLUSIVE
        ]


@dataclass(frozen=True)
class OpenChoice:
    """The variants that somebody asked for by name, while it is open whether they are faster than the baseline at all.

    Without that none of them can be recommended, however fast it is.
    """

    judge: Judge
    chosen: Collection[str]

    def __call__(self, measurement: Measurement) -> list[str]:
        return [
            variant
            for variant in measurement.all_samples
            if variant in self.chosen
            and variant not in (BASELINE, CONTROL)
            and self.judge.undecided(measurement, variant, "min_speedup", FASTER)
        ]


@dataclass(frozen=True)
class AnyOpen:
    """The variants that any of several still wants rounds of."""

    asked: tuple[Callable[[Measurement], list[str]], ...]

    def __call__(self, measurement: Measurement) -> list[str]:
        return list(dict.fromkeys(variant for each in self.asked for variant in each(measurement)))
