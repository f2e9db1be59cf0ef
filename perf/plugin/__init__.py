"""pytest glue: hooks as thin as paper. Nothing heavy is imported before a test of ours is collected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from perf.errors import UsageProblem
from perf.plugin import fixtures as _fixtures
from perf.plugin.options import add_options
from perf.plugin.replay import machine_info, use_fingerprint_storage
from perf.plugin.selection import drop_empty, parametrise, sort_by_scenario, xdist_refused
from perf.plugin.state import STATE, State

candidate = _fixtures.candidate
variant = _fixtures.variant
baseline = _fixtures.baseline
min_speedup = _fixtures.min_speedup
max_noise_floor = _fixtures.max_noise_floor
ceiling = _fixtures.ceiling
max_latency_ms = _fixtures.max_latency_ms
min_tail_speedup = _fixtures.min_tail_speedup
load_ceiling = _fixtures.load_ceiling
max_growth = _fixtures.max_growth
max_rebuilds = _fixtures.max_rebuilds
tolerance = _fixtures.tolerance
recorded = _fixtures.recorded


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "nightly: takes minutes; runs with -m nightly, or with -m '' beside the rest")
    try:
        state = config.stash[STATE] = State(config)
        if state.configured:
            use_fingerprint_storage(config, state)
    except UsageProblem as problem:
        raise pytest.UsageError(str(problem)) from None


def pytest_report_header(config: pytest.Config) -> list[str]:
    return config.stash[STATE].head()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrise(metafunc, metafunc.config.stash[STATE])


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    state = config.stash[STATE]
    state.raise_problem()
    drop_empty(items)
    sort_by_scenario(items, state)


def pytest_collection_finish(session: pytest.Session) -> None:
    state = session.config.stash[STATE]
    try:
        state.plan(session.items)
    except UsageProblem as problem:
        raise pytest.UsageError(str(problem)) from None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    xdist_refused(node.config.stash[STATE], ids)


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    from perf.plugin.face import explain

    return explain(op, left, right)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_benchmark_generate_machine_info(config: pytest.Config) -> dict[str, object] | None:
    state = config.stash[STATE]
    return machine_info(state) if state.configured else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    # Before everyone else: workers end, and what they gave is on disk, whatever a later plugin does.
    session.config.stash[STATE].close()
    return (yield)


def pytest_unconfigure(config: pytest.Config) -> None:
    if STATE in config.stash:
        config.stash[STATE].close()


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash[STATE].summary()
    if lines:
        terminalreporter.section("perf")
        for line in lines:
            terminalreporter.write_line(line)


__all__ = [
    "baseline",
    "candidate",
    "ceiling",
    "load_ceiling",
    "max_growth",
    "max_latency_ms",
    "max_noise_floor",
    "max_rebuilds",
    "min_speedup",
    "min_tail_speedup",
    "recorded",
    "tolerance",
    "variant",
]
