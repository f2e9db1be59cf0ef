"""A gate's share, `"3%"`, that stands for several metrics: one for the usual ones, or one for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jitgate.model.errors import UsageError


def shares_of(value: Any, key: str, metrics: Sequence[str], usual: Sequence[str], where: str) -> Mapping[str, Any]:
    """Metric -> share of what stands at `key`; UsageError for a metric that there is not."""
    shares = value if isinstance(value, Mapping) else dict.fromkeys(usual, value)
    unknown = [name for name in shares if name not in metrics]
    if unknown or not shares:
        raise UsageError(f"{where}: {key} has no metric {unknown[:1] or 'at all'} (there are: {', '.join(metrics)})")
    return shares


def spread_shares(table: Mapping[str, Any], key: str, shares: Mapping[str, Any]) -> Mapping[str, Any]:
    """The table with a key for each metric, `KEY_METRIC`, in place of `key`."""
    rest = {name: each for name, each in table.items() if name != key}
    return {**{f"{key}_{name}": share for name, share in shares.items()}, **rest}
