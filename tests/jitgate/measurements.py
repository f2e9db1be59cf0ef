"""Measurements made of numbers, for tests of what is done with them."""

from __future__ import annotations

import numpy as np
from jitgate.model.accuracy import Accuracy
from jitgate.model.cold_start import ColdStart
from jitgate.model.failure import Failure
from jitgate.model.measurement import Measurement
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.samples import Samples
from jitgate.model.variant import BASELINE, CONTROL

MIB = 1 << 20


LEVEL = tuple((calls, 100 * MIB) for calls in range(4, 84, 4))
"""Memory that does not grow."""


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
    excluded: int = 0,
) -> Measurement:
    """A measurement whose candidate `jit` is `ratio` times as fast as eager's 10 ms, and its control `floor` times."""
    rng = np.random.default_rng(seed)

    def turns(factor: float) -> tuple[tuple[float, ...], ...]:
        noise = np.exp(rng.normal(0.0, spread / np.sqrt(2), rounds))
        return tuple((float(0.010 / factor * jitter),) for jitter in noise)

    def samples(name: str, factor: float, broken: Failure | None = None) -> Samples:
        memory = MemoryPeaks(peak_bytes)
        accuracy = None if rel_l2 is None else Accuracy(rel_l2)
        return Samples(
            name,
            turns(factor),
            (),
            (),
            ColdStart(),
            levels=(LEVEL,),
            memory=memory,
            accuracy=accuracy,
            failure=broken,
        )

    all_samples = {BASELINE: samples(BASELINE, 1.0, baseline_failure), "jit": samples("jit", ratio, failure)}
    if control:
        all_samples[CONTROL] = samples(CONTROL, floor, control_failure)
    left_out = ("other processes were running",) * excluded
    return Measurement("my.encoder", "short", "cpu", 0, all_samples, wall_s=10.0, busy_s=9.5, excluded=left_out)
