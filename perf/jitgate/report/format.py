"""Figures as a person reads them."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jitgate.statistics import Interval


def format_ratio(interval: Interval) -> str:
    """`1.42x (1.38 to 1.47)`; the estimate alone where there is no interval yet."""
    if math.isinf(interval.high) or interval.low <= 0:
        return f"{interval.estimate:.2f}x"
    return f"{interval.estimate:.2f}x ({interval.low:.2f} to {interval.high:.2f})"


def format_share(interval: Interval) -> str:
    """`43% (41 to 45)`; the estimate alone where there is no interval yet."""
    if math.isinf(interval.high) or interval.low <= 0:
        return f"{interval.estimate:.0%}"
    return f"{interval.estimate:.0%} ({interval.low:.0%} to {interval.high:.0%})"


def format_seconds(seconds: float | None) -> str:
    """A duration with three digits and its unit; a dash where there is none."""
    if seconds is None:
        return "-"
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "us")):
        if float(f"{seconds * factor:.3g}") >= 1 or unit == "us":  # 999.9 ms is 1 s, not 1e+03 ms
            return f"{seconds * factor:.3g} {unit}"
    raise AssertionError("unreachable")


def format_calls(calls: float) -> str:
    """`1 call`, `3,020 calls`, `never`."""
    if math.isinf(calls):
        return "never"
    return "1 call" if calls == 1 else f"{calls:,.0f} calls"


def format_rate(per_second: float, unit: str) -> str:
    """`152 GFLOP/s`: three digits with an SI prefix."""
    for prefix, factor in (("T", 1e12), ("G", 1e9), ("M", 1e6)):
        if per_second >= factor or prefix == "M":
            return f"{per_second / factor:.3g} {prefix}{unit}"
    raise AssertionError("unreachable")


def columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Rows of equal length, each column as wide as its widest text, indented by two."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  " + "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
