"""`max_regression` of a gate: one share, or one for each metric."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jitgate.config.shares import shares_of, spread_shares
from jitgate.model.errors import UsageError
from jitgate.model.past import BOTH, WORSE

KEY = "max_regression"
METRICS = ("time", "ratio", "memory", "p95")
USUAL = ("time", "ratio", "memory")
"""What one share is for. The 95th percentile scatters more between runs, and needs a share of its own."""


def spread(table: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """`max_regression = "3%"` as limits of the kinds that judge it; UsageError for a metric that there is not."""
    if KEY not in table:
        return table
    value = table[KEY]
    shares = shares_of(value, KEY, METRICS, USUAL, where)
    if not isinstance(value, Mapping) and table.get("variant") == "eager":
        shares = {name: share for name, share in shares.items() if name != "ratio"}
    return spread_shares(table, KEY, shares)


def history_terms(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """`on_no_history` and `direction`, as fields of a gate."""
    terms = {}
    for name, known in (("on_no_history", ("skip", "fail")), ("direction", (WORSE, BOTH))):
        value = table.get(name, known[0])
        if value not in known:
            raise UsageError(f"{where}: {name} = {value!r} must be {known[0]!r} or {known[1]!r}")
        terms[name] = value
    return terms
