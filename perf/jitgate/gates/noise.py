"""`baseline.noise_floor <= max_noise_floor`: can this machine tell a gate's margin apart from nothing?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.gates.kind import Asked, GateKind, Judged, sentence
from jitgate.gates.validity import disturbed, noise_floor, noisy, speedup_of
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome
from jitgate.statistics.limits import within

if TYPE_CHECKING:
    from jitgate.config.policy import Policy
    from jitgate.model.cell import Cell
    from jitgate.workloads.spec import WorkloadSpec

WITHOUT_GATE = 0.10
"""The limit where no gate of the scenario sets a margin."""


class MaxNoiseFloor(GateKind):
    """The smallest margin of the scenario's speed-up gates. INVALID where the floor is proven to be higher.

    A floor that is only estimated to be higher is no reason to stop: it widens every interval as it is.
    """

    key, attribute = "max_noise_floor", "noise_floor"
    question = "fast"
    alone = False
    records = True
    configurable = False

    def applies(self, cell: Cell, workload: WorkloadSpec) -> bool:  # noqa: ARG002 - of every workload
        return cell.variant == BASELINE

    def default(self, policy: Policy, asked: Asked) -> float:
        here = (asked.cell.workload, asked.cell.scenario)
        limits = [
            limit
            for variant in policy.workloads[here[0]].variants
            if (limit := policy.limit("min_speedup", asked.cell._replace(variant=variant), asked.device)) is not None
        ]
        return min((abs(limit - 1) for limit in limits if limit != 1.0), default=WITHOUT_GATE)

    def label(self, limit: float, asked: Asked) -> str:  # noqa: ARG002 - the limit says it all
        return f"noise_floor={limit:g}"

    def figure(self, asked: Asked) -> Figure | None:
        floor = noise_floor(asked.measurement, asked.alpha)
        return None if floor is None else Figure.exact(floor, f"noise floor {floor:.1%}")

    def judge(self, asked: Asked, limit: float) -> Judged:
        measurement = asked.measurement
        for name in (BASELINE, CONTROL):
            samples = measurement.all_samples.get(name)
            if samples is None or samples.failure is not None:
                why = samples.failure.sentence if samples is not None and samples.failure else f"{name} was not run"
                return Judged(Outcome.INVALID, sentence(f"The noise floor is unknown: {why}"))
            if (other := disturbed(samples)) is not None:
                return other
        if measurement.overcommitted is not None:
            return Judged(Outcome.INVALID, sentence(measurement.overcommitted))
        found = noisy(measurement)
        if found is not None:
            return found
        speedup = speedup_of(Asked(measurement, asked.cell._replace(variant=CONTROL), asked.alpha))
        if speedup is None or speedup.control is None:
            return Judged(Outcome.INVALID, "The noise floor is unknown: nothing was measured.")
        proven = max(speedup.control.low, 1 / speedup.control.high) - 1
        apart = f"Two workers of the same eager model differ by {speedup.noise_floor:.1%}"
        if not within(proven, limit):
            return Judged(
                Outcome.INVALID,
                f"{apart}, so this machine can't tell {limit:.0%} apart now.",
                "Quieten it (other processes, power saving) and run again.",
            )
        return Judged(Outcome.PASS, f"{apart}, and nothing proves more than {limit:.0%}.")
