"""The kinds of gate of a session: those of every package, none of which may hide another one."""

from __future__ import annotations

from collections.abc import Iterable

from jitgate.config.policy import FAIL, Policy
from jitgate.gates.kind import GateKind
from jitgate.model.cell import Cell
from jitgate.model.errors import UsageError

TAKEN = ("cell", "item", "measurement", "results", "samples", "state")
"""Attributes that a candidate has of its own."""

FIXTURES = ("baseline", "benchmark", "candidate", "other_gate", "reported_gate", "request", "variant")
"""Fixtures of jitgate and of pytest that its tests use."""


def checked(offered: Iterable[object]) -> tuple[GateKind, ...]:
    """All kinds, in order. UsageError for what is none, and for two of one key, attribute or fixture."""
    kinds: list[GateKind] = []
    for found in offered:
        for kind in found if isinstance(found, Iterable) else [found]:
            if not isinstance(kind, GateKind):
                raise UsageError(f"pytest_jitgate_gates gives {kind!r}; it has to give a list of GateKind objects")
            kinds.append(kind)
    for name, taken in (("key", ()), ("attribute", TAKEN), ("fixture", FIXTURES)):
        seen: dict[str, GateKind] = {}
        for kind in kinds:
            value = str(getattr(kind, name, ""))
            if not value.isidentifier() or value in taken:
                raise UsageError(f"the gate kind {_name(kind)} can't have {name} = {value!r}; choose another name")
            if value in seen:
                both = f"{_name(seen[value])} and {_name(kind)}"
                raise UsageError(f"the gate kinds {both} have one {name}, {value!r}; rename one, or leave a plugin out")
            seen[value] = kind
    return tuple(kinds)


def check_gates(policy: Policy, kinds: Iterable[GateKind], cells: Iterable[Cell]) -> None:
    """UsageError for a limit that says nothing of any cell that its gate matches, as a speed-up of the baseline."""
    known = list(cells)
    by_key = {kind.key: kind for kind in kinds}
    for gate in policy.gates:
        matched = [cell for cell in known if gate.matches(cell)]
        for key in gate.limits if gate.on_fail == FAIL else ():
            if not any(by_key[key].applies(cell, policy.workloads[cell.workload]) for cell in matched):
                some = ", ".join(dict.fromkeys(cell.variant for cell in matched))
                raise UsageError(f"{gate.where}: {key} is no limit for {some}, and the gate matches nothing else")


def _name(kind: GateKind) -> str:
    return f"{type(kind).__module__}.{type(kind).__qualname__}"
