"""A measurement when a test asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from jitgate.gates.kind import GateKind
    from jitgate.model.cell import Cell
    from jitgate.model.measurement import Measurement
    from jitgate.plugin.session_state import State


def measured(state: State, cell: Cell) -> Measurement:
    """Measure now. Bad input that a worker sees blocks its workload; it ends the session where no other is left."""
    from jitgate.model.errors import StoppedError, UsageError

    blocked = state.blocked.reasons.get(cell)
    if blocked is not None:
        pytest.fail(f"jitgate: {blocked}", pytrace=False)
    try:
        return state.measurements.get(cell.workload, cell.scenario)
    except StoppedError as problem:
        raise pytest.fail.Exception(f"{problem}.", pytrace=False) from None
    except UsageError as problem:
        if state.blocked.block(cell.workload, state.planned, problem):
            raise pytest.fail.Exception(f"jitgate: {problem}", pytrace=False) from None
        pytest.exit(f"jitgate: {problem}", returncode=pytest.ExitCode.USAGE_ERROR)
    finally:
        state.progress.idle()


def skip_in_smoke(config: pytest.Config, kind: GateKind) -> None:
    """Skip the test in smoke mode if one call is not enough to judge `kind`."""
    if config.getoption("jitgate_smoke") and not kind.smoke:
        pytest.skip("smoke: nothing is timed")
