"""What a session says at its end, from all that it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jitgate.plugin.left_out import not_answered, not_judged
from jitgate.plugin.report_file import where_written

if TYPE_CHECKING:
    from jitgate.plugin.session_state import State


def problems(state: State) -> tuple[str, ...]:
    """Why a session is red besides its verdicts."""
    lost = state.losses.lines()
    if not state.measured:
        return tuple(lost)
    return (*lost, *not_answered(state), *state.history.problems(), *state.base.removed())


def summary_lines(state: State, exitstatus: int) -> list[str]:
    """exitstatus: pytest's. Each line is for a terminal."""
    written = where_written(state.reports)
    if not state.measured:
        blocked = state.blocked.lines()
        ended_by_it = exitstatus == pytest.ExitCode.USAGE_ERROR and len(blocked) == 1  # pytest says it itself
        base = state.bisected or state.base.lines()
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED and state.planned
        stopped = ["STOPPED: the run was interrupted before anything was measured."] if interrupted else []
        return [*stopped, *([] if ended_by_it else blocked), *written, *base, *state.losses.lines()]
    from jitgate.report.decision import Ending, held
    from jitgate.report.summary import summary

    ending = Ending(exitstatus, problems(state))
    lines = [*summary(state.results, ending, verbose=state.verbose), *state.history.first_lines(), *written]
    if state.verbose and state.timed_gates > 1:
        shared = f"alpha {state.policy.alpha:g} of the session is shared by its {state.timed_gates} gates on time"
        lines.append(f"{shared}: {state.rules.alpha:.2g} each")
    said = (*not_answered(state), *not_judged(state), *state.history.lines())
    return [*lines, *said, *state.base.lines(), *state.losses.lines(), f"{held(state.results)}."]
