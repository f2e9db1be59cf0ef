"""When is it enough? Objects that name the variants which need more rounds; none: it is enough.

With `starts` they name those that need workers which are started again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from jitgate.gates.kind import Asked
from jitgate.gates.requirements import Requirement, Rules
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE, is_variant
from jitgate.statistics import Outcome

FASTER = 1.0
"""From here on a variant is faster; what a recommendation asks of it."""


@dataclass(frozen=True)
class UndecidedRequirement:
    """One requirement that a test states, while more rounds may still decide it."""

    requirement: Requirement
    starts: bool = False

    def __call__(self, measurement: Measurement) -> list[str]:
        each = self.requirement
        asked = each.asked
        needs = each.kind.needs_starts if self.starts else each.kind.needs_rounds
        if not needs(replace(asked, measurement=measurement), each.limit):
            return []
        return [asked.cell.variant, *each.kind.compared_with(asked)]


@dataclass(frozen=True)
class UndecidedSelection:
    """The variants that somebody asked for by name, while it is open whether they are faster than the baseline at all.

    Without that none of them can be recommended, however fast it is.
    """

    rules: Rules
    selected: Collection[str]
    starts: bool = False

    def __call__(self, measurement: Measurement) -> list[str]:
        speed, here = self.rules.kind("min_speedup"), (measurement.workload, measurement.scenario)
        needs = speed.needs_starts if self.starts else speed.needs_rounds
        return [
            variant
            for variant in measurement.all_samples
            if variant in self.selected
            and variant != BASELINE
            and is_variant(variant)
            and needs(Asked(measurement, Cell(*here, variant), self.rules.alpha), FASTER)
        ]


@dataclass(frozen=True)
class UndecidedFastest:
    """The variant that looks fastest, while it is open whether it is faster than the baseline, and another one is.

    Without its rounds the slower one would be recommended, for no reason but that it was decided sooner.
    """

    rules: Rules

    def __call__(self, measurement: Measurement) -> list[str]:
        speed, here = self.rules.kind("min_speedup"), (measurement.workload, measurement.scenario)
        every = {
            variant: Asked(measurement, Cell(*here, variant), self.rules.alpha)
            for variant, samples in measurement.all_samples.items()
            if is_variant(variant) and variant != BASELINE and samples.failure is None
        }
        estimates = {
            variant: figure.estimate or 0.0 for variant, each in every.items() if (figure := speed.figure(each))
        }
        fastest = max(estimates, key=lambda variant: estimates[variant], default=None)
        if fastest is None or not speed.needs_rounds(every[fastest], FASTER):
            return []
        decided = any(
            speed.judge(every[other], FASTER).outcome is Outcome.PASS for other in estimates if other != fastest
        )
        return [fastest] if decided else []


@dataclass(frozen=True)
class AnyOf:
    """The variants that any of several still wants rounds of."""

    asked: tuple[Callable[[Measurement], list[str]], ...]

    def __call__(self, measurement: Measurement) -> list[str]:
        return list(dict.fromkeys(variant for each in self.asked for variant in each(measurement)))
