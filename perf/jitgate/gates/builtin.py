"""The kinds of requirement that jitgate brings, offered through the same hook as any other."""

from __future__ import annotations

import pytest

from jitgate.gates.accuracy import Tolerance
from jitgate.gates.authenticity import MaxRecompiles
from jitgate.gates.growth import MaxMemoryGrowth
from jitgate.gates.kind import GateKind
from jitgate.gates.noise import MaxNoiseFloor
from jitgate.gates.output_change import MaxOutputChange
from jitgate.gates.peak_memory import MaxLoadMemory, MaxMemory
from jitgate.gates.prediction_gap import PredictionGap
from jitgate.gates.regression import regression_kinds
from jitgate.gates.slowdown import MaxSlowdownTime
from jitgate.gates.slowdown_once import MaxSlowdownColdStart, MaxSlowdownMemory
from jitgate.gates.slowdown_tails import MaxSlowdownP95
from jitgate.gates.speed import MinSpeedup
from jitgate.gates.stage_shares import StageShares
from jitgate.gates.tails import MaxP95, MaxP99, MinSpeedupP95, MinSpeedupP99


@pytest.hookimpl(tryfirst=True)
def pytest_jitgate_gates() -> list[GateKind]:
    """In the order in which verdicts and columns appear."""
    return [
        MinSpeedup(),
        MinSpeedupP95(),
        MinSpeedupP99(),
        MaxP95(),
        MaxP99(),
        MaxMemory(),
        MaxLoadMemory(),
        Tolerance(),
        MaxRecompiles(),
        MaxMemoryGrowth(),
        MaxNoiseFloor(),
        StageShares(),
        PredictionGap(),
        *regression_kinds(),
        MaxSlowdownTime(),
        MaxSlowdownP95(),
        MaxSlowdownMemory(),
        MaxSlowdownColdStart(),
        MaxOutputChange(),
    ]
