"""Whether a run that came from a file, and a row of a store, is what a session would have written."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from jitgate.gates.tracked import METRICS
from jitgate.history.problem import DamagedRow
from jitgate.history.record import RunRecord

LARGEST_COUNT = 2**31
"""No number of calls, and just too large for an integer of PostgreSQL."""


def checked(run: RunRecord) -> RunRecord:
    """The same run. Raises ValueError for one with a value of another kind, or with two figures of one series."""
    for name, value in _values(run):
        if not RIGHT[name](value):
            raise ValueError(f"{name} is none")
    if len({point.series for point in run.points}) != len(run.points):
        raise ValueError("two figures of one series")
    return run


def whole(row: Mapping[Any, Any]) -> dict[str, Any]:
    """The columns of a row, those in JSON as what they mean. Raises DamagedRow."""
    found = dict(row)
    for name, value in row.items():
        found[name], right = understood(name, value)
        if not right:
            raise DamagedRow(f"{name} of {_named(row)}" if "id" in row else name)
    return found


def understood(column: str, value: Any) -> tuple[Any, bool]:
    """What a column holds, and whether that is of its kind."""
    right = OF_A_ROW.get(column)
    if right is not None:
        try:
            value = json.loads(value)
        except (ValueError, TypeError, RecursionError):
            return value, False
    return value, (right or RIGHT[column])(value)


def meant(column: str, text: str) -> Any:
    """What a column in JSON means. Raises DamagedRow."""
    return whole({column: text})[column]


def typed(rows: Sequence[Sequence[Any]], kinds: tuple[type, ...], what: str) -> None:
    """The same for rows of which there are many: by their types alone. Raises DamagedRow for the first."""
    # By columns first: a set of types is made without a line of Python for each row.
    if all({*map(type, column)} == {kind} for column, kind in zip(zip(*rows, strict=True), kinds, strict=False)):
        return
    bad = next(row for row in rows if tuple(map(type, row)) != kinds)
    raise DamagedRow(f"{what} {bad[0]}")


def _named(row: Mapping[Any, Any]) -> str:
    kind = "series" if "metric" in row else "run" if "uid" in row else "row"
    return f"{kind} {row['id']}"


def _values(record: Any) -> Iterator[tuple[str, Any]]:
    """Each plain value with its name, of a record and of those in it."""
    for field in fields(record):
        value = getattr(record, field.name)
        if is_dataclass(value):
            yield from _values(value)
        elif field.name == "points":
            for each in value:
                yield from _values(each)
        elif field.name == "rounds":
            names = ("workload", "scenario", "turns")
            yield from (pair for each in value for pair in zip(names, each, strict=True))
        else:
            yield field.name, value


def is_text(value: Any) -> bool:
    """Half a surrogate pair is none, and no database takes it."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_figure(value: Any) -> bool:
    """A positive number."""
    return _is_number(value) and 0 < value < math.inf


def is_cell(value: Any) -> bool:
    """`workload/scenario/variant`."""
    return is_text(value) and value.count("/") == 2 and all(value.split("/"))


def _is_number(value: Any) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return abs(value) < 1 << 1000  # the largest that a float holds is not far above
    return isinstance(value, float) and not math.isnan(value)


def _is_name(value: Any) -> bool:
    return is_text(value) and bool(value) and "/" not in value


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST_COUNT


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool | int) and value in (0, 1)


def _is_list(right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list | tuple) and all(map(right, value))


def _is_table(key: Callable[[Any], bool], right: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, Mapping) and all(key(name) and right(each) for name, each in value.items())


_TEXTS = (
    *("uid", "started_at", "device", "fingerprint", "commit", "parent", "commit_id", "parent_id", "branch", "red"),
    *("odd", "host", "origin", "baseline", "precision", "machine", "inputs", "weights", "outcome", "left_out", "epoch"),
)
_FACTS = _is_table(is_text, lambda _: True)

RIGHT: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("workload", "scenario", "variant"), _is_name),
    **dict.fromkeys(_TEXTS, is_text),
    **dict.fromkeys(("id", "run_id", "series_id", "count"), _is_count),
    **dict.fromkeys(("dirty", "interrupted", "regressed"), _is_flag),
    **dict.fromkeys(("low", "high"), lambda value: value is None or _is_number(value)),
    "metric": lambda value: isinstance(value, str) and value in METRICS,
    "estimate": is_figure,
    "turns": lambda value: isinstance(value, bytes | memoryview),
    **dict.fromkeys(("facts", "options"), _FACTS),
    "versions": _is_table(is_text, is_text),
    "declared": _is_table(is_cell, _is_list(is_text)),
    "aliases": _is_table(is_cell, _is_list(is_cell)),
}
"""Name of a field of a record, or of a column, -> whether a value is of its kind."""

OF_A_ROW = {
    **{name: RIGHT[name] for name in ("facts", "options", "versions", "declared")},
    "aliases": _is_list(is_cell),
}
"""Columns in JSON."""
