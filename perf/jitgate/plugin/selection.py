"""Which tests there are, and in which order they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jitgate.engines.staged import is_staged
from jitgate.model.cell import CellPattern
from jitgate.model.errors import UsageError
from jitgate.model.variant import BASELINE
from jitgate.plugin.benchmark_replay import Replay
from jitgate.plugin.claims import FIXTURE, claim_of, parametrise_claims, subject
from jitgate.plugin.keyword import keyword
from jitgate.plugin.session_state import FIXTURES, cell_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from jitgate.model.cell import Cell
    from jitgate.plugin.session_state import State

OPTION = "--jitgate-select"

LIMITS = {"max_latency_ms": "max_p", "min_tail_speedup": "min_speedup_p", "load_memory_limit": "max_load"}
"""Fixture -> how the limits begin that it holds. A test that uses one exists only for cells that have such a limit."""


def parametrise(metafunc: pytest.Metafunc, state: State) -> None:
    """One test a cell: `candidate` takes every variant but the baseline, `baseline` only it, `variant` all."""
    for name in FIXTURES:
        if name not in metafunc.fixturenames:
            continue
        params = [
            pytest.param(
                cell,
                id=cell.id,
                marks=[pytest.mark.nightly] if cell.scenario in state.policy.workloads[cell.workload].nightly else [],
            )
            for cell in state.cells()
            if not state.policy.workloads[cell.workload].left_out
            and (name == "variant" or (cell.variant == BASELINE) == (name == "baseline"))
            and _asks_something(cell, metafunc.fixturenames, state)
        ]
        metafunc.parametrize(name, params, indirect=True)
    parametrise_claims(metafunc, state)


def drop_empty(items: list[pytest.Item]) -> None:
    """Take out what pytest makes of a test without any cell: one that is skipped, and says nothing of use."""
    items[:] = [item for item in items if _about(item) or not _has_place_for_cell(item)]


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
    kept = [item for item in items if _about(item) in wanted]
    dropped = [item for item in items if item not in set(kept)]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def sort_by_scenario(items: list[pytest.Item], state: State) -> None:
    """Bring the tests of one workload, and in it of one scenario, together: its workers live only once.

    Our tests keep the places that our tests had; tests of others do not move.
    """
    places = [place for place, item in enumerate(items) if _about(item)]
    if not places:
        return
    scenarios = list(dict.fromkeys((cell.workload, cell.scenario) for cell in state.cells()))
    ours = sorted((items[place] for place in places), key=lambda item: _place(_about(item), scenarios))
    for place, item in zip(places, ours, strict=True):
        items[place] = item
        cell = _about(item)
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
    if "stage_tolerance" in fixtures and not any(map(is_staged, state.policy.workloads[cell.workload].variants)):
        return False
    if "prediction_tolerance" in fixtures and not is_staged(cell.variant):
        return False
    wanted = [prefix for fixture, prefix in LIMITS.items() if fixture in fixtures]
    if not wanted:
        return True
    limits = [*state.policy.timed_limits(cell, state.device.kind)]
    if state.policy.max_load_memory(cell, state.device.kind) is not None:
        limits.append("max_load_memory")
    return any(limit.startswith(prefix) for limit in limits for prefix in wanted)


def _about(item: pytest.Item) -> Cell | None:
    """The cell a test is about: its own, or the first one that its claim speaks of, on whatever device."""
    claim = claim_of(item)
    if claim is None:
        return cell_of(item)
    return subject(claim)


def _has_place_for_cell(item: pytest.Item) -> bool:
    callspec = getattr(item, "callspec", None)
    return callspec is not None and any(name in callspec.params for name in (*FIXTURES, FIXTURE))


def _place(cell: Cell | None, scenarios: list[tuple[str, str]]) -> int:
    place = (cell.workload, cell.scenario) if cell else None
    return scenarios.index(place) if place in scenarios else len(scenarios)
