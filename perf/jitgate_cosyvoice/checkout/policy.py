"""`--jitgate-cosyvoice`: the policy of a session that measures a user's checkout in place of our own modules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jitgate.config.staged import with_staged
from jitgate.model.cell import Cell

from jitgate_cosyvoice.checkout.own_ways import with_files
from jitgate_cosyvoice.checkout.parts import ONLY_OF_A_CHECKOUT, TakenOver
from jitgate_cosyvoice.checkout.place import find_checkout

if TYPE_CHECKING:
    from collections.abc import Collection

    from jitgate.config.policy import Gate, Policy
    from jitgate.model.interpreter import Interpreter


def with_checkout(
    policy: Policy,
    folder: Path,
    checkpoint: Path | None,
    interpreter: Interpreter | None = None,
    asked: Collection[str] = (),
) -> Policy:
    """`policy` with the modules of the checkout in `folder` in place of ours; the rest of ours is left out.

    A gate on nothing but variants that a checkout can't be run by is set aside; one that matches nothing at all stays,
    to be refused. interpreter: the Python that its workers run in; None for this one. asked: variants that
    --jitgate-variants names. Raises UsageError for what is no checkout.
    """
    checkout = find_checkout(folder, checkpoint)
    more = ONLY_OF_A_CHECKOUT if "cosyvoice3" in checkout.blueprints else ()
    every = {**policy.workloads, **{spec.name: spec for spec in more}}
    taken = TakenOver(checkout, checkpoint, interpreter, asked)
    workloads = {name: taken.of(spec) for name, spec in every.items()}
    alone = {name: spec for name, spec in policy.variants.items() if not spec.stages}
    variants = with_staged({**alone, **with_files(checkpoint)}, workloads.values(), policy.engines)
    narrowed = replace(policy, workloads=workloads, variants=variants)
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
