"""What the JSON of pytest-benchmark says of the session as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jitgate.plugin.session_state import State


def conclusions_of(state: State) -> dict[str, object] | None:
    """The verdicts, and why selected cells have none; None where nothing was to be measured."""
    if not (state.measured or state.blocked.reasons):
        return None
    from jitgate.report.evidence import concluded

    done = state.measurements.done if state.measured else {}
    missing = {cell: "none of its tests ran" for cell in state.planned if cell[:2] not in done}
    reasons = missing | {cell: str(reason) for cell, reason in state.blocked.reasons.items()}
    return concluded(state.results if state.measured else None, reasons)
