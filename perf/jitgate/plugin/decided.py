"""The table of a scenario, printed as soon as its last test is over: a long session is read while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.plugin.items import cell_of

if TYPE_CHECKING:
    import pytest

    from jitgate.plugin.session_state import State


def tell_decided(state: State, item: pytest.Item, following: pytest.Item | None) -> None:
    """Print the scenario of `item` where `following` belongs to another one. After the last one the summary has all."""
    cell, other = cell_of(item), None if following is None else cell_of(following)
    if cell is None or other is None or cell[:2] == other[:2] or not state.measured:
        return
    measurement = state.results.measurements.get((cell.workload, cell.scenario))
    if measurement is None:
        return
    from jitgate.report.summary import section

    reporter = item.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.ensure_newline()  # pytest names the file again behind the table
    state.progress.lines(section(state.results, measurement, verbose=state.verbose))
    state.progress.idle()
