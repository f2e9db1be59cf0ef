"""Which tests there are, and in which order they run."""

from __future__ import annotations

import warnings
from itertools import product
from typing import TYPE_CHECKING

import pytest

from jitgate.engines.staged import is_staged
from jitgate.model.cell import CellPattern
from jitgate.model.errors import UsageError
from jitgate.model.variant import BASELINE
from jitgate.plugin.benchmark_replay import Replay
from jitgate.plugin.discovery import UNKNOWN
from jitgate.plugin.gate_cases import other_cases, reported_cases
from jitgate.plugin.items import CASE_FIXTURES, FIXTURES, cell_of
from jitgate.plugin.keyword import keyword
from jitgate.plugin.session_state import STATE

if TYPE_CHECKING:
    from collections.abc import Collection

    from jitgate.gates.kind import GateKind
    from jitgate.model.cell import Cell
    from jitgate.plugin.session_state import State

OPTION = "--jitgate-select"

SPREAD = (
    "performance tests can't be spread with -n: processes that share a device disturb each other's figures; leave -n "
    "out (or say -n 0), or leave the performance tests out"
)

CASES = dict(zip(CASE_FIXTURES, (reported_cases, other_cases), strict=True))
"""Fixture whose parameter is a `GateCase` -> its cases."""


def parametrise(metafunc: pytest.Metafunc, state: State) -> None:
    """One test a cell: `candidate` takes every variant but the baseline, `baseline` only it, `variant` all.

    A test that has several of them gets those of one scenario: `baseline` is what `candidate` is compared with.
    """
    fixtures = _ours(metafunc)
    names = [name for name in FIXTURES if name in fixtures]
    kinds = [kind for kind in state.kinds if f"jitgate_{kind.fixture}" in fixtures]
    if names:
        params = [
            pytest.param(*group, id=_id(group), marks=_marks(cell, state))
            for cell in state.cells()
            if _takes(names[0], cell)
            and not state.policy.workloads[cell.workload].left_out
            and _asks_something(cell, kinds, state)
            for group in product([cell], *(_of_the_scenario(cell, name, state) for name in names[1:]))
        ]
        metafunc.parametrize(names, params, indirect=True)
    for name, cases in CASES.items():
        if name in fixtures:
            found = [case for case in cases(state) if not state.policy.workloads[case.cell.workload].left_out]
            params = [pytest.param(case, id=case.id, marks=_marks(case.cell, state)) for case in found]
            metafunc.parametrize(name, params, indirect=True)


def _ours(metafunc: pytest.Metafunc) -> set[str]:
    """The fixtures of a test, without ours that have the name of a parameter: another plugin has given it already."""
    # What other hooks have parametrised pytest tells nowhere else; pytest 8.2 to 9.2 have this attribute.
    calls = getattr(metafunc, "_calls", ())
    taken = {f"jitgate_{name}" for call in calls for name in call.params}
    return set(metafunc.fixturenames) - taken


def _id(group: tuple[Cell, ...]) -> str:
    return "/".join([group[0].id, *(cell.variant for cell in group[1:])])


def _takes(name: str, cell: Cell) -> bool:
    return name == "jitgate_variant" or (cell.variant == BASELINE) == (name == "jitgate_baseline")


def _of_the_scenario(cell: Cell, name: str, state: State) -> list[Cell]:
    """What the fixture `name` takes in a test whose first fixture has `cell`."""
    return [each for each in state.cells() if each[:2] == cell[:2] and _takes(name, each)]


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
    prefixes = [
        f"[{spec.name}/{name}/" for spec in state.policy.workloads.values() for name in spec.scenarios or UNKNOWN
    ]
    if any(prefix in node_id for node_id in ids for prefix in prefixes):
        raise pytest.UsageError(SPREAD)


def refuse_to_spread(config: pytest.Config) -> None:
    """UsageError in a run of xdist that will not do, before it starts any process: for a table that is wrong, and where
    performance tests are asked for by name."""
    from pytest_jitgate import asks_for_benchmarks

    _ = config.stash[STATE].policy
    if config.getoption("jitgate_select") or asks_for_benchmarks(config):
        raise UsageError(SPREAD)


def keep_unknown(items: list[pytest.Item], ours: list[pytest.Item]) -> None:
    """In an xdist worker, which asks no factory: make up for the scenarios that `-k` and `-m` could not find by name.

    ours: the tests with a cell before any was deselected. Where nothing else is left they stay, so that the run is
    refused with a reason; where other tests are, these are what was meant, and a warning says what is not run.
    """
    kept = set(items)
    dropped = [item for item in ours if item not in kept and (cell := cell_of(item)) and cell.scenario in UNKNOWN]
    if dropped and not items:
        items.extend(dropped)
    elif dropped:
        names = ", ".join(sorted({cell.workload for item in dropped if (cell := cell_of(item))}))
        warnings.warn(pytest.PytestWarning(f"jitgate: {names} not measured, {SPREAD}"), stacklevel=1)


def _asks_something(cell: Cell, kinds: Collection[GateKind], state: State) -> bool:
    """Whether a test of these kinds has anything to ask of this cell."""
    workload = state.policy.workloads[cell.workload]
    return all(
        kind.applies(cell, workload)
        and (not kind.needs_base or state.base.wanted)
        and (not kind.only_where_set or state.policy.gate(kind.key, cell, state.device.kind) is not None)
        for kind in kinds
    )


def _marks(cell: Cell, state: State) -> list[pytest.MarkDecorator]:
    return [pytest.mark.nightly] if cell.scenario in state.policy.workloads[cell.workload].nightly else []


def _place(cell: Cell | None, scenarios: list[tuple[str, str]]) -> int:
    place = (cell.workload, cell.scenario) if cell else None
    return scenarios.index(place) if place in scenarios else len(scenarios)
