"""`max_slowdown` of a gate: one share, or one for each metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jitgate.model.errors import UsageError

KEY = "max_slowdown"
METRICS = ("time", "p95", "memory", "cold_start")
USUAL = ("time",)
"""What one share is for. The others scatter more, or less, than times do, and need a share of their own."""


def spread_slowdown(table: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """`max_slowdown = "3%"` as limits of the kinds that judge it; UsageError for a metric that there is not."""
    if KEY not in table:
        return table
    value = table[KEY]
    shares = value if isinstance(value, Mapping) else dict.fromkeys(USUAL, value)
    unknown = [name for name in shares if name not in METRICS]
    if unknown or not shares:
        raise UsageError(f"{where}: {KEY} has no metric {unknown[:1] or 'at all'} (there are: {', '.join(METRICS)})")
    rest = {name: each for name, each in table.items() if name != KEY}
    return {**{f"{KEY}_{name}": share for name, share in shares.items()}, **rest}
