"""Gates that got no verdict: what was not judged is never taken for green."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from jitgate.model.errors import UsageError
from jitgate.model.variant import BASELINE
from jitgate.plugin.items import cell_of, has_place_for_cell

if TYPE_CHECKING:
    import pytest

    from jitgate.model.cell import Cell
    from jitgate.plugin.discovery import Discovered
    from jitgate.plugin.session_state import State


def refuse_without_cells(items: Iterable[pytest.Item], discovered: Discovered, file: str) -> None:
    """UsageError for a test that asks for a cell and gets none: it would be skipped, and nothing would be red."""
    lost = next((item for item in items if cell_of(item) is None and has_place_for_cell(item)), None)
    if lost is None:
        return
    for problem in discovered.workload_problems.values():
        raise problem
    raise UsageError(
        f"{lost.nodeid}: there is no cell for it: no workload of {file} has a variant that it takes; list one in "
        "variants, or deselect the test"
    )


def not_judged(state: State) -> list[str]:
    """A line on the project's gates that no test of this run has asked for; [] where there are none."""
    left = [
        f"{cell.id} {key}"
        for cell in state.all_cells
        for key, _ in state.results.unjudged(cell)
        if not _skipped(state, cell)
    ]
    if not left:
        return []
    few = ", ".join(left[:3]) + (", ..." if len(left) > 3 else "")
    gates = f"{len(left)} more gate{'s' if len(left) > 1 else ''}"
    return [f"not judged in this run: {gates} of the project, whose tests did not run ({few})"]


def not_answered(state: State) -> list[str]:
    """Why a run is red although no verdict is: what was asked has no answer."""
    return [*never_compared(state), *none_compared(state), *not_compared_with_base(state)]


def never_compared(state: State) -> list[str]:
    """A sentence for each gate whose limit a test was given and never compared: assertions may be switched off."""
    return [
        f"INVALID {cell.id} {key}: A test was given the limit and never compared it; are assertions switched off?"
        for cell in state.planned
        for key, _ in state.results.unjudged(cell)
        if (cell, key) in state.given
    ]


def none_compared(state: State) -> list[str]:
    """A sentence where every variant of `--jitgate-model` was skipped: what was asked has no answer."""
    workloads = state.policy.workloads
    asked = [cell for cell in state.planned if cell.variant != BASELINE and workloads[cell.workload].own is not None]
    if not asked or not all(_skipped(state, cell) for cell in asked):
        return []
    reason = f"No variant could be compared with {BASELINE} here; each skipped test says why"
    return [f"INVALID {asked[0].workload}: {reason}, and --jitgate-variants takes others."]


def not_compared_with_base(state: State) -> list[str]:
    """A sentence where a base was named, and no test of what was measured compares anything with it."""
    needing = {kind.key for kind in state.kinds if kind.needs_base}
    if not state.base.wanted or not state.measured or any(each.gate in needing for each in state.results.verdicts):
        return []
    run = "run jitgate.benchmarks too (--pyargs jitgate.benchmarks), select no other tests, or leave the base out"
    return [f"INVALID: A base was named, and no test of this run compares with it; {run}."]


def swallowed(item: pytest.Item, state: State) -> str | None:
    """Why a test that passed is red all the same: it asked for a gate of the project, and that is not PASS."""
    from jitgate.plugin.candidate import JUDGED

    for verdict in item.stash.get(JUDGED, []):
        if state.results.is_red(verdict):
            return f"{verdict.outcome}: {verdict.sentence}\nThe test passed, and the gate {verdict.label} is red."
    return None


def _skipped(state: State, cell: Cell) -> bool:
    """Whether the cell was measured and can't run here."""
    return cell in state.results.cells() and state.results.skipped(cell) is not None
