"""What a test asks for is judged, with more rounds or a second look where they may decide it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jitgate.gates.stopping import UndecidedRequirement

if TYPE_CHECKING:
    from jitgate.gates.requirements import Requirement
    from jitgate.model.verdict import Verdict
    from jitgate.plugin.session_state import State


def decide(state: State, requirement: Requirement) -> Verdict:
    """The verdict on a requirement, with more rounds where they may decide it and the budget lasts. A FAIL that has to
    be confirmed is measured again."""
    kind, asked, limit = requirement.kind, requirement.asked, requirement.limit
    outcome, cell = state.results.judge(kind, asked, limit).outcome, asked.cell
    if kind.timed and kind.undecided(asked, limit, outcome):
        more = state.measurements.more(cell.workload, cell.scenario, UndecidedRequirement(requirement))
        asked = replace(asked, measurement=more)
    if kind.wants_confirmation(asked, limit):
        found = UndecidedRequirement(replace(requirement, asked=asked))
        asked = replace(asked, measurement=state.measurements.confirm(cell.workload, cell.scenario, found))
    return state.results.add(replace(requirement, asked=asked))
