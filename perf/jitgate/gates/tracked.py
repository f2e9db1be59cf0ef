"""The figures whose history is kept: time, ratio to the baseline, slow calls, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.gates.validity import speedup_of
from jitgate.model.size import format_bytes
from jitgate.model.variant import BASELINE
from jitgate.model.verdict import Figure
from jitgate.statistics import fewest_calls, tail
from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    from jitgate.gates.kind import Asked

TIME, RATIO, P95, MEMORY = "time", "ratio", "p95", "memory"
METRICS = (TIME, RATIO, P95, MEMORY)
"""Seconds of a call (median), baseline's time over the variant's, seconds that 95 % of the calls stay within, bytes."""

RATIOS = (RATIO,)
"""Measured within one run, and so comparable across machines."""


def tracked(asked: Asked, metric: str) -> Figure | None:
    """What this run gave; None where it was not measured."""
    samples = asked.samples
    if samples.failure is not None:
        return None
    if metric == RATIO:
        found = None if asked.cell.variant == BASELINE else speedup_of(asked)
        if found is None:
            return None
        interval = found.interval
        return Figure(f"{interval.estimate:.3f}x", interval.estimate, interval.low, interval.high)
    if metric == MEMORY:
        memory = samples.memory
        if memory is None or memory.unreliable or not memory.peak_bytes:
            return None
        return Figure.exact(float(memory.peak_bytes), format_bytes(memory.peak_bytes))
    durations_s = asked.measurement.typical_s(asked.cell.variant) if metric == TIME else samples.durations_s
    if not durations_s:
        return None
    if metric == TIME:
        median_s = float(np.median(durations_s))
        return Figure(f"{median_s * 1e3:.4g} ms", median_s)
    if len(durations_s) < fewest_calls(0.95, alpha=asked.alpha):
        return None
    found_s = tail(durations_s, 0.95, alpha=asked.alpha)
    return Figure(f"p95 {found_s.estimate * 1e3:.4g} ms", found_s.estimate, found_s.low, found_s.high)


def as_text(metric: str, value: float) -> str:
    """A value of a metric as a person reads it."""
    if metric == RATIO:
        return f"{value:.3f}x"
    return format_bytes(value) if metric == MEMORY else f"{value * 1e3:.4g} ms"
