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
    """Measure now; bad input that only a worker can see ends the session with what was measured so far kept."""
    from jitgate.model.errors import StoppedError, UsageError

    try:
        return state.measurements.get(cell.workload, cell.scenario)
    except StoppedError as problem:
        raise pytest.fail.Exception(f"{problem}.", pytrace=False) from None
    except UsageError as problem:
        pytest.exit(f"jitgate: {problem}", returncode=pytest.ExitCode.USAGE_ERROR)
    finally:
        state.progress.idle()


def skip_in_smoke(config: pytest.Config, kind: GateKind) -> None:
    """Skip the test in smoke mode if one call is not enough to judge `kind`."""
    if config.getoption("jitgate_smoke") and not kind.smoke:
        pytest.skip("smoke: nothing is timed")
