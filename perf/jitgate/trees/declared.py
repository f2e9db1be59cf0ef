"""What the base's own table declares and the head's does not: benchmarks that went, gates that were changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from jitgate.config.history_settings import Retired
from jitgate.model.variant import BASELINE

Table = Mapping[str, Any]

JUDGES_BY = ("alpha", "on_inconclusive", "memory_limit", "retired", "measured_paths")
"""Settings besides gates that can turn a red run green."""


LISTS = ("variants", "scenarios")
"""Of a workload: what is removed from these is red by itself."""


def cells_of(table: Table | None) -> Iterator[str]:
    """`workload/scenario/variant` of what a table lists; `*` for scenarios that only the factory knows."""
    for name, each in _workloads(table or {}).items():
        for scenario in each.get("scenarios") or ["*"]:
            for variant in dict.fromkeys([BASELINE, *each.get("variants", [])]):
                yield f"{name}/{scenario}/{variant}"


def removed(
    base: Table | None,
    head: Table | None,
    now: Callable[[str], str],
    retired: tuple[Retired, ...],
    narrowed: list[str],
    known: Collection[str] = (),
) -> list[str]:
    """Cells of the base that the head has not. now: what an earlier name is called now. narrowed: globs that the run is
    narrowed to; none where it is not. known: cells whose scenarios the head's factories have told."""
    told = {cell.split("/")[0] for cell in known}
    there = {cell for cell in cells_of(head) if cell.split("/")[0] not in told} | set(known)
    scenarios = {cell.split("/")[0] for cell in there if cell.split("/")[1] == "*"}
    found = []
    for old in cells_of(base):
        cell = now(old)
        workload, scenario, variant = cell.split("/")
        unknown = scenario == "*" or workload in scenarios
        same = any(each.split("/")[::2] == [workload, variant] if unknown else each == cell for each in there)
        meant = not narrowed or any(fnmatchcase(workload, glob.split("/")[0]) for glob in narrowed)
        if meant and not same and not any(each.covers(cell) or each.covers(old) for each in retired):
            found.append(old)
    return found


def changed_gates(base: Table | None, head: Table | None) -> list[str]:
    """A line for each gate or setting that judges, which one of the tables has and the other has not, and for each that
    a workload of both has in another way."""
    if base is None or head is None:
        return []
    before, after = (list(map(_said, table.get("gates", []))) for table in (base, head))
    lines = [f"removed: {gate}" for gate in before if gate not in after]
    lines += [f"new: {gate}" for gate in after if gate not in before]
    for name in JUDGES_BY:
        if base.get(name) != head.get(name):
            lines.append(_change(name, base, head))
    there = _workloads(head)
    for workload, old in ((name, each) for name, each in _workloads(base).items() if name in there):
        new = there[workload]
        changed = [key for key in dict.fromkeys([*old, *new]) if key not in LISTS and old.get(key) != new.get(key)]
        lines += [f"{workload} {_change(key, old, new)}" for key in changed]
    return lines


def _change(name: str, before: Table, after: Table) -> str:
    return f"{name}: {before.get(name, 'not set')} before, {after.get(name, 'not set')} now"


def _workloads(table: Table) -> Mapping[str, Table]:
    found = table.get("workloads", {})
    tables = found.items() if isinstance(found, Mapping) else ()
    return {name: each for name, each in tables if isinstance(each, Mapping)}


def _said(gate: object) -> str:
    if not isinstance(gate, Mapping):
        return str(gate)
    where = "/".join(str(gate.get(name, "*")) for name in ("workload", "scenario", "variant"))
    rest = {name: value for name, value in gate.items() if name not in ("workload", "scenario", "variant", "reason")}
    return f"{where} {', '.join(f'{name} = {value}' for name, value in sorted(rest.items()))}"
