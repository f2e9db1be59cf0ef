"""Whether a run that came from a file is what its types say, before it reaches a store."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

from jitgate.history.record import RunRecord

LARGEST_COUNT = 2**53
"""No number of calls, and still a number of every database."""


def checked(run: RunRecord) -> RunRecord:
    """The same run. Raises ValueError for one with a value of another type, or a figure that is none."""
    if not all(_is_right(value, wanted) for value, wanted in _values(run)):
        raise ValueError("a value of another type")
    for point in run.points:
        if not (point.estimate > 0 and math.isfinite(point.estimate)):
            raise ValueError(f"{point.series.id} has a figure that is no positive number")
        if any(bound is not None and math.isnan(bound) for bound in (point.low, point.high)):
            raise ValueError(f"{point.series.id} has an interval that is none")
    return run


def _values(record: Any) -> Iterator[tuple[Any, Any]]:
    """Each plain value with its type, of a record and of those in it."""
    hints = get_type_hints(type(record))
    for field in fields(record):
        value = getattr(record, field.name)
        if is_dataclass(value):
            yield from _values(value)
        elif field.name == "points":
            for each in value:
                yield from _values(each)
        elif field.name == "rounds":
            yield from ((part, wanted) for each in value for part, wanted in zip(each, (str, str, bytes), strict=True))
        elif hints[field.name] in (str, bool, int, float):
            yield value, hints[field.name]
        elif hints[field.name] == float | None:
            yield (0.0, float) if value is None else (value, float)
        else:
            yield value, Mapping


def _is_right(value: Any, wanted: Any) -> bool:
    if wanted is float:
        return isinstance(value, float | int) and not isinstance(value, bool)
    if wanted is int:
        return isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST_COUNT
    if wanted is str:
        return isinstance(value, str) and "\0" not in value and _is_text(value)
    return isinstance(value, wanted)


def _is_text(value: str) -> bool:
    """Half a surrogate pair is none, and no database takes it."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
