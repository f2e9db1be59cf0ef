"""Measurements made of numbers, for tests of what is done with them."""

from __future__ import annotations

import numpy as np
from jitgate.engines.registry import BASELINE, CONTROL
from jitgate.model.cold_start import Cold
from jitgate.model.failure import Failure
from jitgate.model.measurement import Arm, Measurement
from jitgate.worker.accuracy import Parity

MIB = 1 << 20


def made_of(
    ratio: float,
    *,
    rounds: int = 60,
    spread: float = 0.02,
    floor: float = 1.0,
    rel_l2: float | None = 1e-6,
    peak_bytes: int | None = 100 * MIB,
    failure: Failure | None = None,
    seed: int = 0,
    control: bool = True,
    control_failure: Failure | None = None,
    baseline_failure: Failure | None = None,
    tainted: int = 0,
) -> Measurement:
    """A measurement whose candidate `jit` is `ratio` times as fast as eager's 10 ms, and its control `floor` times."""
    rng = np.random.default_rng(seed)

    def turns(factor: float) -> tuple[tuple[float, ...], ...]:
        noise = np.exp(rng.normal(0.0, spread / np.sqrt(2), rounds))
        return tuple((float(0.010 / factor * jitter),) for jitter in noise)

    def arm(name: str, factor: float, broken: Failure | None = None) -> Arm:
        memory = {"peak_bytes": peak_bytes}
        parity = None if rel_l2 is None else Parity(rel_l2)
        return Arm(name, turns(factor), (), (), Cold(), memory=memory, parity=parity, failure=broken)

    arms = {BASELINE: arm(BASELINE, 1.0, baseline_failure), "jit": arm("jit", ratio, failure)}
    if control:
        arms[CONTROL] = arm(CONTROL, floor, control_failure)
    left_out = ("other processes were running",) * tainted
    return Measurement("my.encoder", "short", "cpu", 0, arms, wall_s=10.0, busy_s=9.5, tainted=left_out)
