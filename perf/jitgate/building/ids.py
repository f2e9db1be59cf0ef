"""Ids from all rows of the embedding in which a model looks them up: 0 and 1 alone hardly tell two outputs apart."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from jitgate.building.values import value_of
from jitgate.model.own_model import InputSpec
from jitgate.workloads.call_mode import MODE

NO_IDS = re.compile(r"mask|position|type|segment|label|length|lens?$|size|count")
"""Names of whole numbers that mean something else, or whose order does."""

INDICES = ("int64", "int32")


def rows_of(rows: int, padding: int | None) -> tuple[int, int]:
    """The first and the last index of an embedding; not the row that stands for nothing, where that is at an end."""
    first = 1 if padding == 0 else 0
    last = rows - 2 if padding == rows - 1 else rows - 1
    return first, max(first, last)


def widened(
    module: Any,
    specs: Iterable[InputSpec],
    given: Collection[str],
    error_of: Callable[[Any, Iterable[InputSpec]], Exception | None],
) -> tuple[InputSpec, ...]:
    """`specs`, by which `module` can be called, with wider ranges for those of 0 and 1 that it looks up.

    given: names of inputs whose range a person gave, which stay. error_of: what a call raises. Every process draws the
    same values, and the module was called with them.
    """
    chosen = tuple(specs)
    narrow = [each for each in chosen if each.name not in given and _is_narrow(each)]
    looked_up = _looked_up(module, chosen) if narrow else {}
    for each in narrow:
        low, high = looked_up.get(each.name, (0, 1))
        if high > 1:
            wider = tuple(replace(spec, low=low, high=high) if spec is each else spec for spec in chosen)
            chosen = chosen if error_of(module, wider) else wider
    return chosen


def _is_narrow(spec: InputSpec) -> bool:
    if not spec.sizes or spec.dtype not in INDICES or NO_IDS.search(spec.name):
        return False
    return spec.low is None or spec.high is None or (spec.low >= 0 and spec.high <= 1)


def _looked_up(module: Any, specs: Iterable[InputSpec]) -> Mapping[str, tuple[int, int]]:
    """Name -> the range of the smallest embedding that gets its values as they are."""
    from jitgate.building.look_ups import LookUps

    values = {each.name: value_of(each) for each in specs}
    seen = LookUps(list(values.values()))
    with contextlib.suppress(Exception), seen:  # whatever a model has against being watched
        MODE.first(partial(module, **values))
    return {name: rows_of(seen.rows[at], seen.padding.get(at)) for at, name in enumerate(values) if at in seen.rows}
