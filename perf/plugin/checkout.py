"""`--perf-cosyvoice`: the policy of a session that measures a user's checkout in place of jitgate's own modules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perf.errors import UsageProblem
from perf.gates.cell import Cell
from perf.workloads.checkout.parts import Omission, taken_over
from perf.workloads.checkout.place import OPTION

if TYPE_CHECKING:
    from perf.gates.policy import Gate, Policy
    from perf.workloads.checkout.place import Checkout


@dataclass(frozen=True)
class Takeover:
    """policy: what is measured now. omissions: what is left out of it. idle: gates that speak of nothing else."""

    policy: Policy
    omissions: tuple[Omission, ...]
    idle: tuple[Gate, ...]

    def lines(self) -> list[str]:
        """For the end of a run: what nobody should miss without knowing."""
        lines = [f"{OPTION} leaves out {omission}" for omission in self.omissions]
        if self.idle:
            gates = ", ".join(gate.where.rpartition(", ")[2] for gate in self.idle)
            lines.append(f"{OPTION} sets aside {len(self.idle)} gates that speak of nothing else: {gates}")
        return lines


def take_over(policy: Policy, checkout: Checkout) -> Takeover:
    """`policy` with the modules of `checkout` in place of jitgate's own.

    A gate that matches only what is left out is set aside; one that matches nothing at all stays, to be refused.
    """
    if not any(spec.where == "jitgate" for spec in policy.workloads.values()):
        raise UsageProblem(
            f"{OPTION} takes the place of jitgate's own workloads, and {policy.where} leaves them out; "
            "take `shipped = false` out of its [tool.perf]"
        )
    workloads, omissions = taken_over(policy.workloads, checkout)
    narrowed = replace(policy, workloads=workloads)
    idle = tuple(gate for gate in policy.gates if _speaks_of(gate, policy) and not _speaks_of(gate, narrowed))
    kept = tuple(gate for gate in policy.gates if gate not in idle)
    return Takeover(replace(narrowed, gates=kept), tuple(omissions), idle)


def _speaks_of(gate: Gate, policy: Policy) -> bool:
    """Whether the gate matches any cell. Scenarios that only a worker knows are taken to match."""
    return any(
        gate.matches(Cell(spec.name, scenario, variant))
        for spec in policy.workloads.values()
        for scenario in spec.scenarios or (gate.scenario,)
        for variant in spec.variants
    )
