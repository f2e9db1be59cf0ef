"""`--jitgate-cosyvoice`: the policy of a session that measures a user's checkout in place of our own modules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.model.cell import Cell

from jitgate_cosyvoice.checkout.parts import ONLY_OF_A_CHECKOUT, taken_over
from jitgate_cosyvoice.checkout.place import find_checkout

if TYPE_CHECKING:
    from jitgate.config.policy import Gate, Policy
    from jitgate.model.interpreter import Interpreter


def with_checkout(
    policy: Policy, folder: Path, checkpoint: Path | None, interpreter: Interpreter | None = None
) -> Policy:
    """`policy` with the modules of the checkout in `folder` in place of ours; the rest of ours is left out.

    A gate on nothing but variants that a checkout can't be run by is set aside; one that matches nothing at all stays,
    to be refused. interpreter: the Python that its workers run in; None for this one. Raises UsageError for what is no
    checkout.
    """
    checkout = find_checkout(folder, checkpoint)
    more = ONLY_OF_A_CHECKOUT if "cosyvoice3" in checkout.blueprints else ()
    every = {**policy.workloads, **{spec.name: spec for spec in more}}
    workloads = {name: taken_over(spec, checkout, interpreter) for name, spec in every.items()}
    narrowed = replace(policy, workloads=workloads)
    kept = tuple(gate for gate in policy.gates if _speaks_of(gate, narrowed) or not _speaks_of(gate, policy))
    return replace(narrowed, gates=kept)


def _speaks_of(gate: Gate, policy: Policy) -> bool:
    """Whether the gate matches any cell. Scenarios that only a worker knows are taken to match."""
    return any(
        gate.matches(Cell(spec.name, scenario, variant))
        for spec in policy.workloads.values()
        for scenario in spec.scenarios or (gate.scenario,)
        for variant in spec.variants
    )
