"""The end of a session: every step by itself, so that one which fails stops no other, and makes the session red."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from jitgate.model.error_words import shortly
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


@contextmanager
def told_as_it_ends(session: pytest.Session, state: State) -> Iterator[None]:
    """Around what other plugins do at the end: where one of them fails the session, reports are written again, so that
    none says otherwise than pytest's exit code."""
    before = session.exitstatus
    try:
        yield
    except BaseException as error:
        code = getattr(error, "returncode", None)
        code = pytest.ExitCode.TESTS_FAILED if code is None else code
        _write_reports(state, code, f"Another plugin failed the run at its end: {shortly(error)}")
        raise
    if session.exitstatus != before:
        _write_reports(state, session.exitstatus, f"Another plugin set the exit code to {int(session.exitstatus)}")
        session.exitstatus = _status(session, state.losses)


def _write_reports(state: State, exitstatus: int, problem: str = "") -> None:
    from jitgate.report.decision import Ending

    for report in state.reports:
        with state.losses.noted(f"the report {report.path}"):
            more = (f"{problem}.",) if problem and exitstatus else ()
            ending = Ending(int(exitstatus), (*problems(state), *more), state.base.unchanged)
            report.write(state.results, state.fingerprint.facts(), ending)


def _status(session: pytest.Session, losses: Losses) -> int:
    """pytest's exit code: red where something was lost."""
    lost = losses.sentences and session.exitstatus == pytest.ExitCode.OK
    return pytest.ExitCode.TESTS_FAILED if lost else session.exitstatus
