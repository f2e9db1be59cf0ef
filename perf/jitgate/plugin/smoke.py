"""`--jitgate-smoke`: each variant makes one call. Tests of everything that takes rounds are skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from jitgate.gates.kind import GateKind

REASON = "smoke: nothing is timed"


def skip_in_smoke(config: pytest.Config, kind: GateKind) -> None:
    """Skip the test in smoke mode if one call is not enough to judge `kind`."""
    if config.getoption("jitgate_smoke") and not kind.smoke:
        pytest.skip(REASON)
