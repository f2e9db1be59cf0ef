"""Results made of made-up measurements, for tests of what is judged and said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from jitgate.config.policy import Gate, Policy
from jitgate.gates.builtin import pytest_jitgate_gates
from jitgate.gates.kind import Asked
from jitgate.gates.requirements import Rules
from jitgate.gates.results import Results
from jitgate.model.cell import Cell
from jitgate.model.measurement import Measurement
from jitgate.model.variant import BASELINE
from jitgate.model.verdict import Verdict
from jitgate.workloads.spec import WorkloadSpec

KINDS = tuple(pytest_jitgate_gates())
ALPHA = 0.01


def policy_of(*gates: Gate, measurements: Iterable[Measurement] = (), memory_limit_bytes: int | None = None) -> Policy:
    """A policy of the workloads that were measured, or of `my.encoder` with eager and jit."""
    found = {each.workload: each for each in measurements}
    specs = {
        name: WorkloadSpec(name, "a:b", (each.scenario,), tuple(each.all_samples)) for name, each in found.items()
    } or {"my.encoder": WorkloadSpec("my.encoder", "a:b", ("short",), ("eager", "jit"))}
    return Policy(memory_limit_bytes=memory_limit_bytes, gates=gates, workloads=specs)


def rules_of(policy: Policy | None = None, device: str = "cpu", alpha: float = ALPHA) -> Rules:
    """The built-in kinds under a policy."""
    return Rules(policy or policy_of(), KINDS, device, alpha)


def results_of(policy: Policy, *measurements: Measurement, ask: bool = True) -> Results:
    """Results of these measurements. ask: judge all that the policy requires of them, as a whole session would."""
    rules = replace(rules_of(policy), has_base=any(each.base is not None for each in measurements))
    results = Results(rules, {(each.workload, each.scenario): each for each in measurements})
    for cell in list(results.cells()) if ask else ():
        for requirement in results.rules.of(results.measurement(cell), cell):
            results.add(requirement)
    return results


def asked_of(measurement: Measurement, variant: str = "jit", alpha: float = ALPHA, baseline: str = BASELINE) -> Asked:
    """One variant of a measurement, as a kind is asked about it."""
    return Asked(measurement, Cell(measurement.workload, measurement.scenario, variant), alpha, baseline)


def judged(
    measurement: Measurement, key: str, limit: float | None = None, variant: str = "jit", baseline: str = BASELINE
) -> Verdict:
    """The verdict of one kind; its default is the limit where none is given."""
    kind = rules_of().kind(key)
    asked = asked_of(measurement, variant, baseline=baseline)
    value = kind.default(policy_of(measurements=[measurement]), asked) if limit is None else limit
    assert value is not None
    return kind.verdict(asked, value)


def undecided(measurement: Measurement, key: str, limit: float, variant: str = "jit") -> bool:
    """Whether more rounds may decide it."""
    return rules_of().kind(key).needs_rounds(asked_of(measurement, variant), limit)


def load_apart(asked: Asked) -> Asked:
    """The same, where loading has a memory limit of its own."""
    return replace(asked, load_apart=True)


class Judging:
    """Short ways to ask one kind about one variant."""

    def speed(self, measurement: Measurement, variant: str, limit: float, baseline: str = BASELINE) -> Verdict:
        return judged(measurement, "min_speedup", limit, variant, baseline)

    def timed(self, measurement: Measurement, variant: str, key: str, limit: float) -> Verdict:
        return judged(measurement, key, limit, variant)

    def memory(self, measurement: Measurement, variant: str, limit: float) -> Verdict:
        return judged(measurement, "max_memory", limit, variant)

    def growth(self, measurement: Measurement, variant: str, limit: float = 0.0) -> Verdict:
        return judged(measurement, "max_memory_growth", limit, variant)

    def accuracy(self, measurement: Measurement, variant: str) -> Verdict:
        return judged(measurement, "tolerance", None, variant)

    def authenticity(self, measurement: Measurement, variant: str, most: int = 0) -> Verdict:
        return judged(measurement, "max_recompiles", most, variant)

    def noise(self, measurement: Measurement, limit: float) -> Verdict:
        return judged(measurement, "max_noise_floor", limit, BASELINE)

    def undecided(self, measurement: Measurement, variant: str, key: str, limit: float) -> bool:
        return undecided(measurement, key, limit, variant)


JUDGE = Judging()
