"""Fixtures: the figures of a cell, and the limits that a requirement names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from jitgate.plugin.session_state import STATE, cell_of

if TYPE_CHECKING:
    from jitgate_cosyvoice.claims.claim import Row

    from jitgate.model.cell import Cell
    from jitgate.plugin.candidate import Candidate
    from jitgate.plugin.session_state import State


@pytest.fixture
def candidate(request: pytest.FixtureRequest) -> Candidate:
    """A variant that is compared with the baseline: its `speedup`, `peak_memory` and `rel_l2`."""
    return _face(request)


@pytest.fixture
def variant(request: pytest.FixtureRequest) -> Candidate:
    """Any variant, the baseline among them."""
    return _face(request)


@pytest.fixture
def baseline(request: pytest.FixtureRequest) -> Candidate:
    """The baseline itself, eager: `baseline.noise_floor`."""
    return _face(request)


@pytest.fixture
def recorded(request: pytest.FixtureRequest, benchmark: Any) -> Iterator[None]:
    """Enters durations and evidence into pytest-benchmark when the test is over, with the rounds it asked for."""
    from jitgate.plugin.benchmark_replay import replay
    from jitgate.report.evidence import evidence

    state, cell = _state(request), _cell(request)
    _measured(state, cell)
    yield
    measurement = state.measurements.get(cell.workload, cell.scenario)
    samples = measurement.all_samples[cell.variant]
    benchmark.extra_info["jitgate"] = evidence(state.policy, state.judge, measurement, cell)
    replay(request.node, benchmark, samples.durations_s)


@pytest.fixture
def measured_claim(request: pytest.FixtureRequest, benchmark: Any) -> Row:
    """What was measured of a claim. Enters the durations of the variant it is about into pytest-benchmark."""
    from jitgate_cosyvoice.claims.table import data

    from jitgate.plugin.benchmark_replay import replay

    state = _state(request)
    cells = state.claims.needed(request.param)
    for cell in cells:
        _measured(state, cell)
    row = state.claims.row(request.param)
    state.progress.idle()
    benchmark.extra_info["claim"] = data(row)
    found = state.measurements.done.get((cells[0].workload, cells[0].scenario)) if cells else None
    samples = None if found is None else found.all_samples.get(cells[0].variant)
    replay(request.node, benchmark, [] if samples is None else samples.durations_s)
    return row


@pytest.fixture
def min_speedup(request: pytest.FixtureRequest, recorded: None) -> float:
    """How many times as fast the gate wants the cell. Skips where no gate does: reported, not judged."""
    state, cell = _state(request), _cell(request)
    _skip_unavailable(state, cell)
    gate = state.policy.min_speedup(cell, state.device.kind)
    if gate is None or gate.min_speedup is None:
        pytest.skip(f"reported, not judged: no gate asks for a speed-up of {cell.id} on {state.device.kind}")
    return gate.min_speedup


@pytest.fixture
def min_tail_speedup(request: pytest.FixtureRequest) -> dict[int, float]:
    """Percentile -> how many times as fast the gates want the slow calls of the cell."""
    return _percentile_limits(request, "min_speedup_p{}")


@pytest.fixture
def max_latency_ms(request: pytest.FixtureRequest) -> dict[int, float]:
    """Percentile -> milliseconds within which that share of the cell's calls has to end."""
    return _percentile_limits(request, "max_p{}_ms")


@pytest.fixture
def max_noise_floor(request: pytest.FixtureRequest, recorded: None) -> float:
    """The smallest margin that a gate of this scenario has to tell from nothing; 10 % where there is no gate."""
    state, cell = _state(request), _cell(request)
    gates = [
        state.policy.min_speedup(other, state.device.kind)
        for other in state.cells()
        if (other.workload, other.scenario) == (cell.workload, cell.scenario)
    ]
    margins = [abs(gate.min_speedup - 1) for gate in gates if gate is not None and gate.min_speedup not in (None, 1.0)]
    return min(margins, default=0.10)


@pytest.fixture
def memory_limit(request: pytest.FixtureRequest) -> int:
    """The memory limit of the cell in bytes. Skips where none is set."""
    state, cell = _state(request), _cell(request)
    _measured(state, cell)
    _skip_unavailable(state, cell)
    limit = state.policy.max_memory(cell, state.device.kind)
    if limit is None:
        pytest.skip(f"reported, not judged: no gate and no ceiling limits the memory of {cell.id}")
    return limit[1]


@pytest.fixture
def load_memory_limit(request: pytest.FixtureRequest) -> int:
    """The limit of the cell's memory while loading, bytes. Its test exists only where a gate sets one."""
    state, cell = _state(request), _cell(request)
    _measured(state, cell)
    limit = state.policy.max_load_memory(cell, state.device.kind)
    if limit is None:
        pytest.skip(f"no gate limits the memory of {cell.id} while loading")
    return limit


@pytest.fixture
def max_memory_growth(request: pytest.FixtureRequest) -> float:
    """Bytes by which a call may leave memory larger: none."""
    state, cell = _state(request), _cell(request)
    _measured(state, cell)
    _skip_unavailable(state, cell)
    return 0.0


@pytest.fixture
def stage_tolerance(request: pytest.FixtureRequest) -> float:
    """By how much the stages of a sentence may miss the whole. Its test exists only for pipelines."""
    return _sentence_tolerance(request)


@pytest.fixture
def prediction_tolerance(request: pytest.FixtureRequest) -> float:
    """By how much a sentence may miss what its stages predict. Its test exists only for variants given per stage."""
    return _sentence_tolerance(request)


@pytest.fixture
def max_recompiles(request: pytest.FixtureRequest) -> int:
    """How often anything may be built anew inside timed turns: never."""
    state, cell = _state(request), _cell(request)
    _measured(state, cell)
    _skip_unavailable(state, cell)
    return 0


@pytest.fixture
def tolerance(request: pytest.FixtureRequest) -> float:
    """Largest relative L2 distance from eager float32 at which the cell's output still counts as right."""
    state, cell = _state(request), _cell(request)
    _measured(state, cell)
    _skip_unavailable(state, cell)
    return state.measurements.get(cell.workload, cell.scenario).all_samples[cell.variant].tolerance


def _sentence_tolerance(request: pytest.FixtureRequest) -> float:
    from jitgate.gates.pipeline import MOST_OFF

    state, cell = _state(request), _cell(request)
    _measured(state, cell)
    _skip_unavailable(state, cell)
    return MOST_OFF


def _percentile_limits(request: pytest.FixtureRequest, name: str) -> dict[int, float]:
    from jitgate.config.policy import PERCENTILES

    state, cell = _state(request), _cell(request)
    limits = state.policy.timed_limits(cell, state.device.kind)
    found = {each: limits[name.format(each)] for each in PERCENTILES if name.format(each) in limits}
    _measured(state, cell)
    return found


def _face(request: pytest.FixtureRequest) -> Candidate:
    from jitgate.plugin.candidate import Candidate

    return Candidate(_state(request), request.param, request.node)


def _state(request: pytest.FixtureRequest) -> State:
    return request.config.stash[STATE]


def _cell(request: pytest.FixtureRequest) -> Cell:
    cell = cell_of(request.node)
    if cell is None:
        pytest.fail("this fixture needs `candidate`, `variant` or `baseline` beside it in the test", pytrace=False)
    return cell


def _measured(state: State, cell: Cell) -> None:
    """Measure now; bad input that only a worker can see ends the session with what was measured so far kept."""
    from jitgate.model.errors import UsageError

    try:
        state.measurements.get(cell.workload, cell.scenario)
    except UsageError as problem:
        pytest.exit(f"jitgate: {problem}", returncode=pytest.ExitCode.USAGE_ERROR)
    finally:
        state.progress.idle()


def _skip_unavailable(state: State, cell: Cell) -> None:
    """What can't run here is skipped with its reason, unless a gate names it."""
    from jitgate.model.failure import FailureKind

    failure = state.measurements.get(cell.workload, cell.scenario).all_samples[cell.variant].failure
    if (
        failure is not None
        and failure.kind is FailureKind.UNAVAILABLE
        and not state.policy.names(cell, state.device.kind)
    ):
        pytest.skip(failure.sentence)
