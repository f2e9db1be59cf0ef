"""Recorded rounds, judged: every figure to its last digit, so that no clean-up moves a verdict unseen."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jitgate.statistics import first_decision, judge, speedup
from studies.recorded import traces

if TYPE_CHECKING:
    from numpy.typing import NDArray

GOLDEN = Path(__file__).parent / "golden.json"
LIMITS = (0.80, 1.0, 1.10)


def judged(rounds: dict[str, NDArray[np.float64]]) -> dict[str, Any]:
    """Every arm of a file against eager, with the twin as control, at three limits."""
    eager, twin = rounds["eager"], rounds["eager_twin"]
    verdicts: dict[str, Any] = {}
    for name, candidate in rounds.items():
        if name == "eager":
            continue
        found = speedup(eager, candidate, twin)
        ends = {end: getattr(found.interval, end) for end in ("estimate", "low", "high")}
        verdicts[name] = {
            **{end: value if math.isfinite(value) else None for end, value in ends.items()},
            "noise_floor": found.noise_floor,
            "mde": found.mde,
            "design_effect": found.design_effect,
            "verdicts": {
                str(limit): [
                    str(judge(found, limit).outcome),
                    judge(found, limit).pairs_needed,
                    first_decision(eager, candidate, limit, twin),
                ]
                for limit in LIMITS
            },
        }
    return verdicts


def test_no_digit_of_a_verdict_moves() -> None:
    found = json.loads(json.dumps({stem: judged(rounds) for stem, rounds in traces()}))
    if os.environ.get("JITGATE_WRITE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
    assert found == json.loads(GOLDEN.read_text())
