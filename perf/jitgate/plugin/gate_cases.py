"""Gates that become tests by themselves: those that are only reported, and those of kinds that other packages bring."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jitgate.config.policy import FAIL, Gate
from jitgate.model.cell import Cell

if TYPE_CHECKING:
    from jitgate.gates.kind import GateKind
    from jitgate.gates.requirements import Requirement
    from jitgate.gates.results import Results
    from jitgate.plugin.session_state import State


@dataclass(frozen=True)
class GateCase:
    """One limit of one gate, for one cell."""

    cell: Cell
    gate: Gate
    key: str

    @property
    def id(self) -> str:
        return f"{self.cell.id}/{self.key}"

    def requirement(self, results: Results) -> Requirement:
        """What is judged."""
        from jitgate.gates.requirements import Requirement

        asked = results.asked(self.cell)
        if self.gate.on_fail != FAIL:
            asked = replace(asked, baseline=self.gate.baseline)
        kind, limit = results.rules.kind(self.key), self.gate.limits[self.key]
        return Requirement(kind, asked, limit, on_fail=self.gate.on_fail, source=self.gate.source)


def reported_cases(state: State) -> Iterator[GateCase]:
    """Gates that are only reported, on the session's device."""
    for cell in dict.fromkeys([*state.cells(), *_named_cells(state)]):
        for gate, key, _ in state.policy.reported(cell, state.device.kind):
            yield GateCase(cell, gate, key)


def _named_cells(state: State) -> Iterator[Cell]:
    """Cells of variants that a workload does not list, and that a reported gate names: they are measured for it."""
    scenarios = dict.fromkeys((cell.workload, cell.scenario) for cell in state.cells())
    if not scenarios:
        return  # also where the configuration was refused: `raise_problem` says it, and asking again would raise here
    for gate in state.policy.gates:
        if gate.on_fail != FAIL and gate.variant in state.policy.variants:
            yield from (
                Cell(workload, scenario, gate.variant) for workload, scenario in scenarios if workload == gate.workload
            )


def other_cases(state: State) -> Iterator[GateCase]:
    """Gates of kinds that have no test among jitgate's own benchmarks."""
    others = [kind for kind in state.kinds if kind.configurable and not _built_in(kind)]
    for cell in state.cells():
        for kind in others:
            gate = state.policy.gate(kind.key, cell, state.device.kind)
            if gate is not None and kind.applies(cell, state.policy.workloads[cell.workload]):
                yield GateCase(cell, gate, kind.key)


def _built_in(kind: GateKind) -> bool:
    return type(kind).__module__.startswith("jitgate.")
