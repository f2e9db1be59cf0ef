"""The end of a session: every step by itself, so that one which fails stops no other, and makes the session red."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jitgate.model.source_tree import STATE
from jitgate.model.state_folder import keep_out_of_git
from jitgate.plugin.cache_pruning import tidy
from jitgate.plugin.summary_lines import problems

if TYPE_CHECKING:
    from jitgate.plugin.losses import Losses
    from jitgate.plugin.session_state import State


def end(session: pytest.Session, state: State) -> None:
    """End the workers, and put on disk what they gave."""
    losses = state.losses
    with losses.noted("what the workers gave"):
        state.finish(session.exitstatus)
    red = True
    with losses.noted("the verdicts"):
        red = state.red()
    if red and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    if state.blocked.reasons and session.config.option.collectonly:
        session.exitstatus = pytest.ExitCode.USAGE_ERROR
    with losses.noted("the run in the history"):
        state.history.store(session)
    with losses.noted("the artefact cache within its limit"):
        tidy(session.config, state)
    state.rounds_on_disk.end()
    keep_out_of_git(session.config.rootpath / STATE)
    _write_reports(state, _status(session, losses))
    session.exitstatus = _status(session, losses)
    if not session.config.pluginmanager.has_plugin("terminalreporter"):
        for line in losses.lines():
            state.progress.note(line)


def _write_reports(state: State, exitstatus: int) -> None:
    from jitgate.report.decision import Ending

    for report in state.reports:
        with state.losses.noted(f"the report {report.path}"):
            report.write(
                state.results, state.fingerprint.facts(), Ending(exitstatus, problems(state), state.base.unchanged)
            )


def _status(session: pytest.Session, losses: Losses) -> int:
    """pytest's exit code: red where something was lost."""
    lost = losses.sentences and session.exitstatus == pytest.ExitCode.OK
    return pytest.ExitCode.TESTS_FAILED if lost else session.exitstatus
