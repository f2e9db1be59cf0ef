"""What a whole run comes to, as pytest-benchmark's JSON keeps it beside its entries: recommendations and claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jitgate.plugin.session_state import State


def conclusions(state: State) -> dict[str, Any]:
    """`{"recommendations": [...], "claims": [...]}`; {} where nothing of ours was measured."""
    if not state.measured:
        return {}
    from jitgate_cosyvoice.claims.table import data

    from jitgate.gates.recommendation import recommend
    from jitgate.report.recommendation import recommendation_data

    found = [recommend(state.policy, state.judge, each) for each in state.measurements.done.values()]
    return {
        "recommendations": [recommendation_data(each) for each in found if each is not None],
        "claims": [data(row) for row in state.claims.rows()],
    }
