"""Which tests there are, and in which order they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jitgate.engines.staged import is_staged
from jitgate.model.cell import CellPattern
from jitgate.model.errors import UsageError
from jitgate.model.variant import BASELINE
from jitgate.plugin.benchmark_replay import Replay
from jitgate.plugin.gate_cases import other_cases, reported_cases
from jitgate.plugin.keyword import keyword
from jitgate.plugin.session_state import CASE_FIXTURES, FIXTURES, cell_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from jitgate.model.cell import Cell
    from jitgate.plugin.session_state import State

OPTION = "--jitgate-select"

CASES = dict(zip(CASE_FIXTURES, (reported_cases, other_cases), strict=True))
"""Fixture whose parameter is a `GateCase` -> its cases."""


def parametrise(metafunc: pytest.Metafunc, state: State) -> None:
    """One test a cell: `candidate` takes every variant but the baseline, `baseline` only it, `variant` all."""
    for name in FIXTURES:
        if name not in metafunc.fixturenames:
            continue
        params = [
            pytest.param(
                cell,
                id=cell.id,
                marks=_marks(cell, state),
            )
            for cell in state.cells()
            if not state.policy.workloads[cell.workload].left_out
            and (name == "jitgate_variant" or (cell.variant == BASELINE) == (name == "jitgate_baseline"))
            and _asks_something(cell, metafunc.fixturenames, state)
        ]
        metafunc.parametrize(name, params, indirect=True)
    for name, cases in CASES.items():
        if name in metafunc.fixturenames:
            found = [case for case in cases(state) if not state.policy.workloads[case.cell.workload].left_out]
            params = [pytest.param(case, id=case.id, marks=_marks(case.cell, state)) for case in found]
            metafunc.parametrize(name, params, indirect=True)


def drop_empty(items: list[pytest.Item]) -> None:
    """Take out what pytest makes of a test without any cell: one that is skipped, and says nothing of use."""
    items[:] = [item for item in items if cell_of(item) or not _has_place_for_cell(item)]


def select(config: pytest.Config, items: list[pytest.Item], state: State) -> None:
    """Keep the tests of the cells that `--jitgate-select` names, and no other test.

    Raises UsageError for a pattern that is none and for one that matches no cell.
    """
    patterns = {text: CellPattern.parse(text, OPTION) for text in config.getoption("jitgate_select")}
    if not patterns:
        return
    cells = state.cells()
    for text, pattern in patterns.items():
        if not any(map(pattern.matches, cells)):
            raise UsageError(f"{OPTION} {text!r} matches nothing: {pattern.mismatch(cells)}")
    wanted = {cell for cell in cells if any(pattern.matches(cell) for pattern in patterns.values())}
    kept = [item for item in items if cell_of(item) in wanted]
    dropped = [item for item in items if item not in set(kept)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def sort_by_scenario(items: list[pytest.Item], state: State) -> None:
    """Bring the tests of one workload, and in it of one scenario, together: its workers live only once.

    Our tests keep the places that our tests had; tests of others do not move.
    """
    places = [place for place, item in enumerate(items) if cell_of(item)]
    if not places:
        return
    scenarios = list(dict.fromkeys((cell.workload, cell.scenario) for cell in state.cells()))
    # Tests that may ask for more rounds come first in a scenario: what the others see is what the summary tells.
    timed = {f"jitgate_{kind.fixture}" for kind in state.kinds if kind.timed} | set(CASE_FIXTURES)
    ours = sorted(
        (items[place] for place in places),
        key=lambda item: (_place(cell_of(item), scenarios), timed.isdisjoint(getattr(item, "fixturenames", ()))),
    )
    for place, item in zip(places, ours, strict=True):
        items[place] = item
        cell = cell_of(item)
        group = f"{cell.workload} {cell.scenario}" if cell else None
        item.add_marker(pytest.mark.benchmark(group=group, timer=Replay()))


def add_keyword(item: pytest.Item) -> None:
    """Let `-k` find a test by a variant whose name pytest's expressions can't hold."""
    cell = cell_of(item)
    if cell is not None and is_staged(cell.variant):
        item.extra_keyword_matches.add(keyword(item.name))


def xdist_refused(state: State, ids: list[str]) -> None:
    """Raise a usage error where xdist would spread our tests: workers on one device would disturb each other."""
    # A brought-along workload names its scenarios only when it is asked, and here nobody may be.
    prefixes = tuple(
        f"[{spec.name}-{scenario}"
        for spec in state.policy.workloads.values()
        for scenario in [f"{name}-" for name in spec.scenarios] or [""]
    )
    if any(prefix in node_id for node_id in ids for prefix in prefixes):
        raise pytest.UsageError(
            "performance tests can't be spread with -n: processes that share a device disturb each other's figures; "
            "leave -n out (or say -n 0), or leave the performance tests out"
        )


def _asks_something(cell: Cell, fixtures: Collection[str], state: State) -> bool:
    """Whether a test with these fixtures has anything to ask of this cell."""
    workload = state.policy.workloads[cell.workload]
    return all(
        kind.applies(cell, workload)
        and (not kind.only_where_set or state.policy.gate(kind.key, cell, state.device.kind) is not None)
        for kind in state.kinds
        if f"jitgate_{kind.fixture}" in fixtures
    )


def _marks(cell: Cell, state: State) -> list[pytest.MarkDecorator]:
    return [pytest.mark.nightly] if cell.scenario in state.policy.workloads[cell.workload].nightly else []


def _has_place_for_cell(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    return callspec is not None and any(name in callspec.params for name in (*FIXTURES, *CASE_FIXTURES))


def _place(cell: Cell | None, scenarios: list[tuple[str, str]]) -> int:
    place = (cell.workload, cell.scenario) if cell else None
    return scenarios.index(place) if place in scenarios else len(scenarios)
