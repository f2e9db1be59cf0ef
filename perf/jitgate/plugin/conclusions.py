"""What a whole run comes to, as pytest-benchmark's JSON keeps it next to its entries: recommendations and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jitgate.plugin.session_state import State


SCHEMA = 1


def conclusions(state: State) -> dict[str, Any]:
    """`{"schema": 1, "recommendations": [...], "verdicts": [...]}`; {} where nothing of ours was measured."""
    if not state.measured:
        return {}
    from jitgate.gates.recommendation import recommend
    from jitgate.report.recommendation import recommendation_data

    results = state.results
    found = [recommend(results, each) for each in results.measurements.values()]
    return {
        "schema": SCHEMA,
        "recommendations": [recommendation_data(each) for each in found if each is not None],
        "verdicts": [
            {**dict(zip(("workload", "scenario", "variant"), verdict.cell, strict=True)), **verdict.as_json()}
            for verdict in results.verdicts
        ],
    }
