"""The gate itself: a limit and a measurement in, a verdict with its reason out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from jitgate.config.policy import Policy
from jitgate.gates.accuracy import called, judge_accuracy, wrong
from jitgate.gates.authenticity import believable, judge_genuine
from jitgate.gates.memory import Phase, judge_growth, judge_memory
from jitgate.gates.tails import judge_latency, judge_tail_speedup
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement, most_frequent_first
from jitgate.model.size import format_bytes
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.statistics import Outcome, Speedup, judge, speedup

MOST_EXCLUDED = 0.20
"""Share of disturbed rounds from which those that were not seen to be disturbed are not believed either."""


@dataclass(frozen=True)
class Ruling:
    """`gate` as configured, its verdict, and one sentence that says why."""

    gate: str
    verdict: Outcome
    reason: str

    @property
    def green(self) -> bool:
        """Only PASS is green."""
        return self.verdict is Outcome.PASS


@dataclass(frozen=True)
class Judge:
    """Decides on measurements at one level. alpha: false-alarm probability of a single verdict."""

    alpha: float

    def speedup(self, measurement: Measurement, variant: str, baseline: str = BASELINE) -> Speedup | None:
        """What the pairs of `variant` and `baseline` tell; None where there are none."""
        return _speedup(_Key(measurement, variant, baseline, self.alpha))

    def noise_floor(self, measurement: Measurement) -> float | None:
        """How far the control is from the baseline, as a ratio above 0; None where one of them is missing."""
        found = self.speedup(measurement, CONTROL) if CONTROL in measurement.all_samples else None
        return None if found is None else found.noise_floor

    def noise(self, measurement: Measurement, limit: float) -> Ruling:
        """Can this machine tell `limit` apart? INVALID where two workers of the baseline are proven to differ by more.

        A floor that is only estimated to be higher is no reason to stop: it widens every interval as it is.
        """
        gate = f"noise_floor={limit:g}"
        for name in (BASELINE, CONTROL):
            samples = measurement.all_samples.get(name)
            if samples is None or samples.failure is not None:
                why = (
                    samples.failure.sentence
                    if samples is not None and samples.failure is not None
                    else f"{name} was not run"
                )
                return Ruling(gate, Outcome.INVALID, f"the noise floor is unknown: {why}")
        if measurement.overcommitted is not None:
            return Ruling(gate, Outcome.INVALID, measurement.overcommitted)
        disturbed = _disturbed(measurement)
        if disturbed is not None:
            return Ruling(gate, *disturbed)
        found = self.speedup(measurement, CONTROL)
        if found is None or found.control is None:
            return Ruling(gate, Outcome.INVALID, "the noise floor is unknown: nothing was measured")
        proven = max(found.control.low, 1 / found.control.high) - 1
        if proven > limit:
            return Ruling(
                gate,
                Outcome.INVALID,
                f"two workers of the same eager model differ by {found.noise_floor:.1%}, so this machine can't tell "
                f"{limit:.0%} apart now: quieten it (other processes, power saving) and run again",
            )
        apart = f"two workers of the same eager model are {found.noise_floor:.1%} apart"
        return Ruling(gate, Outcome.PASS, f"{apart}, and nothing proves more than {limit:.0%}")

    def speed(self, measurement: Measurement, variant: str, minimum: float, baseline: str = BASELINE) -> Ruling:
        """Is `variant` at least `minimum` times as fast as the baseline?"""
        gate = f"min_speedup={ratio(minimum)}" + ("" if baseline == BASELINE else f" of {baseline}")
        broken = self._broken(measurement, variant, baseline) or _disturbed(measurement)
        if broken is not None:
            return Ruling(gate, *broken)
        found = self.speedup(measurement, variant, baseline)
        if found is None:
            return Ruling(
                gate, Outcome.INVALID, "nothing was measured: no round in which baseline and candidate both finished"
            )
        decision = judge(found, minimum)
        return Ruling(gate, decision.outcome, decision.reason)

    def slow_calls(self, measurement: Measurement, variant: str, name: str, limit: float) -> Ruling:
        """A limit on a percentile: `name` is `max_p95_ms` (limit in ms) or `min_speedup_p95` (a ratio), or p99."""
        found = re.fullmatch(r"max_p(\d+)_ms|min_speedup_p(\d+)", name)
        if found is None:
            raise ValueError(f"{name!r} limits no percentile")
        gate = f"{name}={ratio(limit) if found[2] else format(limit, 'g')}"
        broken = self._broken(measurement, variant) or _disturbed(measurement)
        if broken is not None:
            return Ruling(gate, *broken)
        durations_s = measurement.all_samples[variant].durations_s
        if not durations_s:
            return Ruling(gate, Outcome.INVALID, "nothing was measured: no round was finished")
        if found[1]:
            return Ruling(gate, *judge_latency(durations_s, int(found[1]), limit, self.alpha))
        baseline_s, control_s = (measurement.all_samples[name].durations_s for name in (BASELINE, CONTROL))
        return Ruling(gate, *judge_tail_speedup(baseline_s, durations_s, control_s, int(found[2]), limit, self.alpha))

    def timed(
        self, measurement: Measurement, variant: str, name: str, limit: float, baseline: str = BASELINE
    ) -> Ruling:
        """The ruling on a limit that rounds decide, by its name in the configuration. baseline: of `min_speedup`."""
        if name == "min_speedup":
            return self.speed(measurement, variant, limit, baseline)
        return self.slow_calls(measurement, variant, name, limit)

    def undecided(
        self, measurement: Measurement, variant: str, name: str, limit: float, baseline: str = BASELINE
    ) -> bool:
        """Whether more rounds could change the verdict: not where the comparison itself is broken."""
        if self._broken(measurement, variant, baseline) is not None:
            return False
        ruling = self.timed(measurement, variant, name, limit, baseline)
        return ruling.verdict in (Outcome.INCONCLUSIVE, Outcome.INVALID)

    def memory(
        self, measurement: Measurement, variant: str, called: str, limit_bytes: int, phase: Phase = Phase.ALL
    ) -> Ruling:
        """Does `variant` stay at or below `limit_bytes` in that phase?"""
        gate = f"{called}={format_bytes(limit_bytes).replace(' ', '')}"
        return Ruling(gate, *judge_memory(measurement.all_samples[variant], limit_bytes, phase))

    def growth(self, measurement: Measurement, variant: str) -> Ruling:
        """Does the memory of `variant` stay where it is once its calls are warm?"""
        return Ruling("memory_growth=0", *judge_growth(measurement.all_samples[variant]))

    def accuracy(self, measurement: Measurement, variant: str) -> Ruling:
        """Is the output of `variant` that of eager float32, within its tolerance?"""
        return Ruling(called(measurement.all_samples[variant]), *judge_accuracy(measurement, variant))

    def genuine(self, measurement: Measurement, variant: str, most: int = 0) -> Ruling:
        """Is `variant` what its name says, and did it build anew at most `most` times inside timed turns?"""
        return Ruling(f"recompiles={most}", *judge_genuine(measurement, variant, most))

    def _broken(self, measurement: Measurement, variant: str, baseline: str = BASELINE) -> tuple[Outcome, str] | None:
        """Why no speed verdict can be given at all; None where it can."""
        samples = measurement.all_samples[variant]
        if samples.failure is not None:
            return Outcome.FAIL, samples.failure.sentence
        if measurement.overcommitted is not None:
            return Outcome.INVALID, measurement.overcommitted
        if baseline != BASELINE:
            other = (
                self._broken(measurement, baseline) if baseline in measurement.all_samples else (None, "it was not run")
            )
            if other is not None:
                return Outcome.INVALID, f"there is nothing to compare with: {baseline}: {other[1]}"
        right = measurement.all_samples[BASELINE]
        if right.failure is not None:
            return Outcome.INVALID, f"there is nothing to compare with: {right.failure.sentence}"
        control = measurement.all_samples.get(CONTROL)
        if control is None or control.failure is not None:
            why = control.failure.sentence if control is not None and control.failure is not None else "it was not run"
            return Outcome.INVALID, f"the noise floor is unknown, because the control is missing: {why}"
        said = wrong(measurement, variant) or believable(measurement, variant)
        return None if said is None else (Outcome.INVALID, said)


def _disturbed(measurement: Measurement) -> tuple[Outcome, str] | None:
    """Why so much was left out that the rest can't stand for the whole; None where it can."""
    if measurement.excluded_share <= MOST_EXCLUDED:
        return None
    causes = most_frequent_first(measurement.excluded)
    return Outcome.INVALID, (
        f"{measurement.excluded_summary} were left out, because {causes}: find out what it is, and run again without it"
    )


def rulings(policy: Policy, judge_: Judge, measurement: Measurement, variant: str) -> list[Ruling]:
    """Every gate that `policy` sets for this variant, judged."""
    cell = Cell(measurement.workload, measurement.scenario, variant)
    kind = measurement.device.split(":")[0]
    baseline = policy.baseline(cell, kind)
    limits = policy.timed_limits(cell, kind)
    found = [judge_.timed(measurement, variant, name, limit, baseline) for name, limit in limits.items()]
    load = policy.max_load_memory(cell, kind)
    most = policy.max_memory(cell, kind)
    if most is not None:
        found.append(judge_.memory(measurement, variant, *most, Phase.ALL if load is None else Phase.STEADY))
    if load is not None:
        found.append(judge_.memory(measurement, variant, "max_load_memory", load, Phase.LOAD))
    return found


def ratio(value: float) -> str:
    """A ratio as people configure it: two digits, more where there are more."""
    return f"{value:.2f}" if round(value, 2) == value else repr(value)


@dataclass(frozen=True, eq=False)
class _Key:
    """Identity of a measurement stands for its content: measurements are never changed, only replaced."""

    measurement: Measurement
    variant: str
    baseline: str
    alpha: float

    def __hash__(self) -> int:
        return hash((id(self.measurement), self.variant, self.baseline, self.alpha))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _Key)
            and self.measurement is other.measurement
            and (self.variant, self.baseline, self.alpha) == (other.variant, other.baseline, other.alpha)
        )


@lru_cache(maxsize=64)
def _speedup(key: _Key) -> Speedup | None:
    columns = key.measurement.columns(key.variant, key.baseline)
    if not len(columns.baseline):
        return None
    measurement = key.measurement
    return speedup(
        columns.baseline,
        columns.candidate,
        columns.control,
        alpha=key.alpha,
        processes=columns.processes,
        round_s=measurement.wall_s / measurement.rounds if measurement.wall_s else None,
    )
