"""`processes = "auto"`: how the budget of a scenario is shared among sets of processes, and why there are more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from jitgate.measure.rounds import OVERTIME, Undecided
from jitgate.model.measurement import Measurement, merged
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.statistics.starts import MOST_SETS

Key = tuple[str, str]


@dataclass
class Restarts:
    """What the sets of each workload and scenario took so far, in seconds.

    finished_s: rounds that count, of the sets that have ended. starting_s: further starts; the first one has to be paid
    in any case. wall_s: all rounds of sets that have ended. reasons: the variants for which each further start was.
    """

    finished_s: dict[Key, float] = field(default_factory=dict)
    starting_s: dict[Key, float] = field(default_factory=dict)
    wall_s: dict[Key, float] = field(default_factory=dict)
    reasons: dict[Key, list[str]] = field(default_factory=dict)

    def left_s(self, key: Key, budget_s: float) -> float:
        """Seconds of rounds that further sets may take."""
        return max(0.0, budget_s - self.finished_s.get(key, 0.0))

    def share_s(self, budget_s: float) -> float:
        """Of one set, where a variant that will need others is what it still measures."""
        return budget_s / MOST_SETS

    def allowed(self, key: Key, budget_s: float) -> bool:
        """Whether another start fits the budget. Starts and rounds together may take what rounds alone may."""
        took_s = self.wall_s.get(key, 0.0) + self.starting_s.get(key, 0.0)
        return self.left_s(key, budget_s) > 0 and took_s < OVERTIME * budget_s

    def wanted(
        self, done: Mapping[Key, Measurement], near: Undecided, budgets_s: Mapping[Key, float]
    ) -> dict[str, list[str]]:
        """Scenario -> the variants that another start may decide; without those for which the budget is used up, and
        where there is nothing to compare with."""
        found = {}
        for key, measurement in done.items():
            there = measurement.all_samples
            broken = any(name not in there or there[name].failure is not None for name in (BASELINE, CONTROL))
            if not broken and self.allowed(key, budgets_s[key]):
                found[key[1]] = list(near(measurement))
        return {scenario: names for scenario, names in found.items() if names}

    def end_set(self, key: Key, spent_s: float, wall_s: float) -> None:
        """The rounds of a set are over, and its processes end."""
        self.finished_s[key] = self.finished_s.get(key, 0.0) + spent_s
        self.wall_s[key] = self.wall_s.get(key, 0.0) + wall_s

    def begin_set(self, key: Key, variants: Iterable[str]) -> None:
        """Workers are started again for `variants`."""
        known = self.reasons.setdefault(key, [])
        known += [name for name in variants if name not in known]

    def started(self, keys: Sequence[Key], took_s: float) -> None:
        """A start took `took_s`, for all of `keys`."""
        for key in keys:
            self.starting_s[key] = self.starting_s.get(key, 0.0) + took_s / len(keys)

    def whole(self, stages: Sequence[Measurement], names: Sequence[str]) -> Measurement:
        """One measurement of all sets, with a note on why there are several."""
        found = merged(stages, names)
        why = self.reasons.get((found.workload, found.scenario))
        if not why:
            return found
        sets = len(set(found.processes))
        note = f"{sets} sets of processes: {', '.join(why)} was too near a limit for one set to decide."
        return replace(found, notes=(*found.notes, note))
