"""Fixtures: the figures of a cell, and the limits that its gates set.

What a test names (`candidate`, `min_speedup`) hangs on a hidden fixture (`jitgate_candidate`, `jitgate_min_speedup`),
and the hidden ones alone are parametrised. A fixture or a parameter of somebody else that has the public name takes its
place whole, and nothing of jitgate happens to that test.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from jitgate.plugin.items import cell_of
from jitgate.plugin.measured import measured, skip_in_smoke
from jitgate.plugin.session_state import STATE

if TYPE_CHECKING:
    from jitgate.gates.kind import GateKind
    from jitgate.model.cell import Cell
    from jitgate.model.verdict import Verdict
    from jitgate.plugin.candidate import Candidate
    from jitgate.plugin.session_state import State


@pytest.fixture
def candidate(jitgate_candidate: Candidate) -> Candidate:
    """A variant that is compared with the baseline: its `speedup`, `peak_memory` and `rel_l2`."""
    return jitgate_candidate


@pytest.fixture
def variant(jitgate_variant: Candidate) -> Candidate:
    """Any variant, the baseline among them."""
    return jitgate_variant


@pytest.fixture
def baseline(jitgate_baseline: Candidate) -> Candidate:
    """The baseline itself, eager: `baseline.noise_floor`."""
    return jitgate_baseline


@pytest.fixture
def reported_gate(jitgate_reported: Verdict) -> Verdict:
    """The verdict on a gate that is only reported."""
    return jitgate_reported


@pytest.fixture
def other_gate(jitgate_other: Verdict) -> Verdict:
    """The verdict on a gate of a kind that another package brings."""
    return jitgate_other


@pytest.fixture
def jitgate_recorded(request: pytest.FixtureRequest, benchmark: Any) -> Iterator[None]:
    """Enters durations and evidence into pytest-benchmark when the test is over, with the rounds it asked for."""
    from jitgate.plugin.benchmark_replay import replay
    from jitgate.report.evidence import evidence

    state, cell = _state(request), _cell(request)
    measured(state, cell)
    yield
    samples = state.measurements.get(cell.workload, cell.scenario).all_samples[cell.variant]
    benchmark.extra_info["jitgate"] = evidence(state.results, cell)
    replay(request.node, benchmark, samples.durations_s)


def limit_fixtures(kinds: tuple[GateKind, ...]) -> ModuleType:
    """A plugin with a fixture for each gate kind, named as the kind says. A module: pytest looks into no other object's
    own attributes."""
    plugin = ModuleType("jitgate.plugin.limit_fixtures")
    for kind in kinds:
        hidden = f"jitgate_{kind.fixture}"
        setattr(plugin, hidden, _hidden(kind, hidden))
        setattr(plugin, kind.fixture, _public(kind, hidden))
    return plugin


def _public(kind: GateKind, hidden: str) -> object:
    def limit(**given: Any) -> float:
        return float(given[hidden])

    return _fixture(limit, kind.fixture, f"The limit of the cell's gate on `{kind.attribute}`.", hidden)


def _hidden(kind: GateKind, hidden: str) -> object:
    def limit(request: pytest.FixtureRequest, **_: Any) -> float:
        state, cell = _state(request), _cell(request)
        measured(state, cell)
        _skip_unavailable(state, cell)
        skip_in_smoke(request.config, kind)
        found = state.rules.limit(kind, state.results.asked(cell))
        if found is None:
            nor = f", nor is there {kind.default_from}" if kind.default_from else ""
            pytest.skip(f"not gated: no gate sets {kind.key} for {cell.id} on {state.device.kind}{nor}")
        state.given.add((cell, kind.key))
        return found

    return _fixture(limit, hidden, "", "request", *(["jitgate_recorded"] if kind.records else []))


def _fixture(function: Any, name: str, doc: str, *arguments: str) -> object:
    """`function` as a fixture that asks for `arguments`, which pytest reads from its signature."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    function.__signature__ = inspect.Signature([inspect.Parameter(each, kind) for each in arguments])
    function.__doc__ = doc
    return pytest.fixture(name=name)(function)


def _candidate(request: pytest.FixtureRequest) -> Candidate:
    from jitgate.plugin.candidate import Candidate

    return Candidate(_state(request), request.param, request.node)


jitgate_candidate = pytest.fixture(_candidate)
jitgate_variant = pytest.fixture(_candidate)
jitgate_baseline = pytest.fixture(_candidate)


def _decided(request: pytest.FixtureRequest, jitgate_recorded: None) -> Verdict:
    from jitgate.plugin.candidate import decide

    state, cell = _state(request), _cell(request)
    _skip_unavailable(state, cell)
    requirement = request.param.requirement(state.results)
    skip_in_smoke(request.config, requirement.kind)
    return decide(state, requirement)


jitgate_reported = pytest.fixture(_decided)
jitgate_other = pytest.fixture(_decided)


def _state(request: pytest.FixtureRequest) -> State:
    return request.config.stash[STATE]


def _cell(request: pytest.FixtureRequest) -> Cell:
    cell = cell_of(request.node)
    if cell is None:
        pytest.fail("this fixture needs `candidate`, `variant` or `baseline` in the same test", pytrace=False)
    return cell


def _skip_unavailable(state: State, cell: Cell) -> None:
    """What can't run here is skipped with its reason, unless a gate names it."""
    reason = state.results.skipped(cell)
    if reason is not None:
        pytest.skip(reason)
