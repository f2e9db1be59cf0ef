"""pytest glue: hooks as thin as paper. Nothing heavy is imported before a test of ours is collected.

`pytest_jitgate`, which pytest loads in every run, registers this package in projects that have gates.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jitgate.model.errors import UsageError
from jitgate.model.printable import printable, printable_line
from jitgate.plugin import fixtures
from jitgate.plugin.benchmark_replay import use_fingerprint_storage
from jitgate.plugin.collected import collected_lines, is_empty, without_empty
from jitgate.plugin.conclusions import conclusions_of
from jitgate.plugin.decided import tell_decided
from jitgate.plugin.ending import end, told_as_it_ends
from jitgate.plugin.items import cell_of
from jitgate.plugin.keyword import understood
from jitgate.plugin.left_out import swallowed
from jitgate.plugin.report_file import remove_earlier
from jitgate.plugin.report_text import make_printable
from jitgate.plugin.result_files import write_without_durations
from jitgate.plugin.second_interrupt import SECOND_INTERRUPT
from jitgate.plugin.selection import (
    add_keyword,
    keep_unknown,
    parametrise,
    refuse_to_spread,
    select,
    sort_by_scenario,
    xdist_refused,
)
from jitgate.plugin.session_state import STATE, State
from jitgate.plugin.summary_lines import summary_lines


def start(config: pytest.Config, gates_file: Path | None) -> None:
    """Make this a session with the gates of `gates_file`; without one, with the model of `--jitgate-model`."""
    from jitgate.engines import builtin as engines
    from jitgate.gates import builtin as gates
    from jitgate.report import formats

    _importable(gates_file)
    plugins = config.pluginmanager
    plugins.register(engines, "jitgate-engines")
    plugins.register(gates, "jitgate-gates")
    plugins.register(formats, "jitgate-reports")
    state = config.stash[STATE] = State(config, gates_file)
    with usage_errors():
        remove_earlier(config)
        plugins.register(fixtures, "jitgate-fixtures")
        plugins.register(fixtures.limit_fixtures(state.kinds), "jitgate-limits")
        plugins.register(sys.modules[__name__], __name__)


def _importable(gates_file: Path | None) -> None:
    """Let workers, which get this process's path, import the factories of a project that is not installed.

    They come last, and take no name from what is installed: `pytest` puts no folder on the path by itself where
    `python -m pytest` does, nor does --import-mode=importlib.
    """
    folder = gates_file.parent if gates_file is not None else None
    for path in (folder, folder / "src") if folder is not None else ():
        if path.is_dir() and str(path) not in sys.path:
            sys.path.append(str(path))


@contextmanager
def usage_errors() -> Iterator[None]:
    """Raise bad input as pytest's own usage error: exit code 4, one sentence, no traceback."""
    try:
        yield
    except UsageError as problem:
        raise pytest.UsageError(printable(str(problem))) from None


def pytest_configure(config: pytest.Config) -> None:
    config.option.keyword = understood(config.option.keyword)
    config.addinivalue_line("markers", "nightly: takes minutes; runs with -m nightly, or -m '' for everything")
    config.addinivalue_line("markers", "reported: gates that are only reported; nightly, runs alone with -m reported")
    if config.getoption("dist", "no") != "no":
        with usage_errors():
            refuse_to_spread(config)
    if not config.option.collectonly:
        use_fingerprint_storage(config, config.stash[STATE])


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [printable(line) for line in config.stash[STATE].head()]


@pytest.hookimpl(trylast=True)  # after those of the project: a parameter of the same name is theirs
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    parametrise(metafunc, metafunc.config.stash[STATE])


@pytest.hookimpl(wrapper=True)
def pytest_pycollect_makeitem(collector: pytest.Collector) -> Generator[None, Any, Any]:
    made = yield
    return without_empty(collector.config, made)


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    return collected_lines(config, items)


def pytest_itemcollected(item: pytest.Item) -> None:
    add_keyword(item)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    state = config.stash[STATE]
    items[:] = [item for item in items if not is_empty(item)]
    ours = [item for item in items if cell_of(item) is not None]
    yield  # -k, -m and other plugins, which may bring items into another order
    state.raise_problem()
    if state.is_xdist_worker:
        keep_unknown(items, ours)
    with usage_errors():
        select(config, items, state)
    sort_by_scenario(items, state)


def pytest_collection_finish(session: pytest.Session) -> None:
    with usage_errors():
        session.config.stash[STATE].plan(session.items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    asked = session.config.getoption("jitgate_bisect")
    if not asked or session.config.option.collectonly:
        return None
    from jitgate.plugin.bisecting import run_bisect

    with usage_errors():
        run_bisect(session, session.config.stash[STATE], asked[1])
    return True


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: list[str]) -> None:
    xdist_refused(node.config.stash[STATE], ids)


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    from jitgate.plugin.candidate import explain

    lines = explain(op, left, right)
    return None if lines is None else [printable(line) for line in lines]


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_benchmark_generate_machine_info(config: pytest.Config) -> dict[str, object]:
    # No clock rates, and no host name: pytest-benchmark warns where two of these differ, and machines of a kind do not.
    return config.stash[STATE].fingerprint.facts()


@pytest.hookimpl(optionalhook=True)
def pytest_benchmark_update_json(config: pytest.Config, benchmarks: object, output_json: dict[str, object]) -> None:
    found = conclusions_of(config.stash[STATE])
    if found is not None:
        output_json["jitgate"] = found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call" and report.passed and cell_of(item) is not None:
        red = swallowed(item, item.config.stash[STATE])
        if red is not None:
            report.outcome, report.longrepr = "failed", red
    if cell_of(item) is not None:
        make_printable(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> Generator[None, bool, bool]:
    done = yield
    tell_decided(item.config.stash[STATE], item, nextitem)
    return done


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    # Before everyone else: workers end, and what they gave is on disk, whatever a later plugin does.
    state = session.config.stash[STATE]
    state.ended = session
    if state.measured:
        SECOND_INTERRUPT.arm()
    end(session, state)
    with told_as_it_ends(session, state), state.history.finished(session):
        found = yield
    told = None if state.is_xdist_worker else conclusions_of(state)
    if told is not None:
        write_without_durations(session, told)
    return found


@pytest.hookimpl(tryfirst=True)
def pytest_keyboard_interrupt(excinfo: pytest.ExceptionInfo[BaseException]) -> None:
    SECOND_INTERRUPT.arm()


def pytest_unconfigure(config: pytest.Config) -> None:
    if STATE in config.stash:
        SECOND_INTERRUPT.disarm()
        config.stash[STATE].close()


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, exitstatus: pytest.ExitCode, config: pytest.Config
) -> None:
    state = config.stash[STATE]
    # What pytest hands on is of before the end, where another plugin may have failed the session since.
    ended = state.ended.exitstatus if state.ended is not None and state.measured else exitstatus
    lines = summary_lines(state, int(ended or exitstatus))
    if lines:
        terminalreporter.section("jitgate")
        for line in lines:
            terminalreporter.write_line(printable_line(line))
