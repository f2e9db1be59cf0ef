"""Figures as a person reads them."""

from __future__ import annotations

import math

from perf.statistics import Speedup


def format_speedup(found: Speedup) -> str:
    """`1.42x (1.38 to 1.47)`: estimate and interval; or that there are too few pairs for one."""
    interval = found.interval
    if math.isinf(interval.high):
        return f"{interval.estimate:.2f}x ({found.pairs} pairs, no interval yet)"
    return f"{interval.estimate:.2f}x ({interval.low:.2f} to {interval.high:.2f})"


def format_seconds(seconds: float | None) -> str:
    """A duration with three digits and its unit; a dash where there is none."""
    if seconds is None:
        return "-"
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "us")):
        if float(f"{seconds * factor:.3g}") >= 1 or unit == "us":  # 999.9 ms is 1 s, not 1e+03 ms
            return f"{seconds * factor:.3g} {unit}"
    raise AssertionError("unreachable")
