"""`[[tool.jitgate.gates]]`: one table in, one `Gate` out."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from jitgate.config.policy import FAIL, REPORT, Gate
from jitgate.config.regression_table import history_terms, spread
from jitgate.config.selection import known_variant
from jitgate.config.slowdown_table import spread_slowdown
from jitgate.engines.registry import Engines
from jitgate.model.errors import UsageError
from jitgate.model.variant import BASELINE, VariantSpec

Table = Mapping[str, Any]

_DEVICES = ("cpu", "cuda", "*")
_TEXTS = (
    *("workload", "scenario", "variant", "device", "baseline", "reason", "on_fail", "source"),
    *("on_no_history", "direction"),
)


class LimitKey(Protocol):
    """The part of a gate kind that a table needs; see `jitgate.gates.kind.GateKind`."""

    @property
    def key(self) -> str: ...

    @property
    def configurable(self) -> bool: ...

    @property
    def against_baseline(self) -> bool: ...

    def parse(self, value: object, where: str) -> float: ...


def parse_gate(
    table: Table, kinds: Sequence[LimitKey], variants: Mapping[str, VariantSpec], engines: Engines, where: str
) -> Gate:
    """The gate of one table; UsageError, naming `where`, for what is not understood."""
    known = {kind.key: kind for kind in kinds if kind.configurable}
    if not isinstance(table, Mapping):
        raise UsageError(f"{where} must be a table")
    only(table, (*_TEXTS, "max_regression", "max_slowdown", *known), where)
    table = spread_slowdown(spread(table, where), where)
    for name in _TEXTS:
        if not isinstance(table.get(name, ""), str):
            raise UsageError(f"{where}: {name} = {table.get(name)!r} must be a string")
    device, on_fail = table.get("device", "*"), table.get("on_fail", FAIL)
    if device not in _DEVICES:
        raise UsageError(f"{where}: device = {device!r} must be one of {', '.join(map(repr, _DEVICES))}")
    if on_fail not in (FAIL, REPORT):
        raise UsageError(f'{where}: on_fail = {on_fail!r} must be "{FAIL}", or "{REPORT}" (told, and not red)')
    limits = {key: kind.parse(table[key], where) for key, kind in known.items() if key in table}
    if not limits:
        raise UsageError(f"{where} sets no limit; give it one of {', '.join(known)}")
    for key in limits:
        if known[key].against_baseline and table.get("variant") == BASELINE:
            raise UsageError(f"{where}: {key} of {BASELINE!r} has no meaning, it is what the others are compared with")
    return Gate(
        where,
        workload=table.get("workload", "*"),
        scenario=table.get("scenario", "*"),
        variant=table.get("variant", "*"),
        device=device,
        baseline=_baseline(table, limits, variants, engines, where),
        limits=limits,
        reason=table.get("reason", ""),
        on_fail=on_fail,
        source=table.get("source", ""),
        **history_terms(table, where),
    )


def _baseline(
    table: Table, limits: Mapping[str, float], variants: Mapping[str, VariantSpec], engines: Engines, where: str
) -> str:
    baseline: str = table.get("baseline", BASELINE)
    if baseline == BASELINE:
        return baseline
    known_variant(baseline, variants, engines, f"{where}: baseline")
    if set(limits) != {"min_speedup"}:
        raise UsageError(
            f"{where}: baseline = {baseline!r} goes with min_speedup alone; give other limits a gate of their own"
        )
    if table.get("variant") == baseline:
        raise UsageError(f"{where}: {baseline!r} is its own baseline; compare it with another")
    return baseline


def only(table: Table, known: Sequence[str], where: str) -> None:
    """UsageError for a key that there is not, with the nearest one that there is."""
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, list(known), n=1)
            near = f", did you mean {close[0]!r}?" if close else ""
            raise UsageError(f"{where}: there is no setting {key!r}{near} (there are: {', '.join(known)})")
