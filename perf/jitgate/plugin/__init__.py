"""pytest glue: hooks as thin as paper. Nothing heavy is imported before a test of ours is collected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from jitgate.model.errors import UsageError
from jitgate.plugin import fixtures as _fixtures
from jitgate.plugin.benchmark_replay import machine_info, use_fingerprint_storage
from jitgate.plugin.cache_pruning import tidy
from jitgate.plugin.conclusions import conclusions
from jitgate.plugin.keyword import understood
from jitgate.plugin.options import add_options
from jitgate.plugin.selection import add_keyword, drop_empty, parametrise, sort_by_scenario, xdist_refused
from jitgate.plugin.session_state import STATE, State

candidate = _fixtures.candidate
measured_claim = _fixtures.measured_claim
variant = _fixtures.variant
baseline = _fixtures.baseline
min_speedup = _fixtures.min_speedup
max_noise_floor = _fixtures.max_noise_floor
memory_limit = _fixtures.memory_limit
max_latency_ms = _fixtures.max_latency_ms
min_tail_speedup = _fixtures.min_tail_speedup
load_memory_limit = _fixtures.load_memory_limit
max_memory_growth = _fixtures.max_memory_growth
max_recompiles = _fixtures.max_recompiles
tolerance = _fixtures.tolerance
recorded = _fixtures.recorded
stage_tolerance = _fixtures.stage_tolerance
prediction_tolerance = _fixtures.prediction_tolerance


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    from jitgate import hooks

    pluginmanager.add_hookspecs(hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.option.keyword = understood(config.option.keyword)
    config.addinivalue_line("markers", "nightly: takes minutes; runs with -m nightly, or with -m '' beside the rest")
    config.addinivalue_line("markers", "claims: the claims of the device analysis; nightly, runs alone with -m claims")
    from jitgate.engines import builtin

    config.pluginmanager.register(builtin, "jitgate-engines")
    try:
        state = config.stash[STATE] = State(config)
        if state.configured:
            use_fingerprint_storage(config, state)
    except UsageError as problem:
        raise pytest.UsageError(str(problem)) from None


def pytest_report_header(config: pytest.Config) -> list[str]:
    return config.stash[STATE].head()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrise(metafunc, metafunc.config.stash[STATE])


def pytest_itemcollected(item: pytest.Item) -> None:
    add_keyword(item)


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
    except UsageError as problem:
        raise pytest.UsageError(str(problem)) from None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    xdist_refused(node.config.stash[STATE], ids)


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    from jitgate.plugin.candidate import explain

    return explain(op, left, right)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_benchmark_generate_machine_info(config: pytest.Config) -> dict[str, object] | None:
    state = config.stash[STATE]
    return machine_info(state) if state.configured else None


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(config: pytest.Config, benchmarks: object, output_json: dict[str, object]) -> None:
    found = conclusions(config.stash[STATE])
    if found:
        output_json["jitgate"] = found


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    # Before everyone else: workers end, and what they gave is on disk, whatever a later plugin does.
    state = session.config.stash[STATE]
    state.close()
    tidy(session.config, state)
    return (yield)


def pytest_unconfigure(config: pytest.Config) -> None:
    if STATE in config.stash:
        config.stash[STATE].close()


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    lines = config.stash[STATE].summary()
    if lines:
        terminalreporter.section("jitgate")
        for line in lines:
            terminalreporter.write_line(line)


__all__ = [
    "baseline",
    "candidate",
    "load_memory_limit",
    "max_latency_ms",
    "max_memory_growth",
    "max_noise_floor",
    "max_recompiles",
    "measured_claim",
    "memory_limit",
    "min_speedup",
    "min_tail_speedup",
    "prediction_tolerance",
    "recorded",
    "stage_tolerance",
    "tolerance",
    "variant",
]
