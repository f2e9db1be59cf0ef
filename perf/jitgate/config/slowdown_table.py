"""`max_slowdown` of a gate: one share, or one for each metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jitgate.config.shares import shares_of, spread_shares

KEY = "max_slowdown"
METRICS = ("time", "p95", "memory", "cold_start")
USUAL = ("time",)
"""What one share is for. The others scatter more, or less, than times do, and need a share of their own."""


def spread_slowdown(table: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """`max_slowdown = "3%"` as limits of the kinds that judge it; UsageError for a metric that there is not."""
    if KEY not in table:
        return table
    return spread_shares(table, KEY, shares_of(table[KEY], KEY, METRICS, USUAL, where))
