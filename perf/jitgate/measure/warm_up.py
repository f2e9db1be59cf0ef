"""When the calls of a worker are warm, before anything is recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jitgate.measure.turn_size import LONE_CALL_S
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.statistics import steady

WARM_UP_CALLS = 6
"""Calls before a series can be judged steady: TorchScript's profiling executor needs two or three."""

LONE_WARM_UP_CALLS = 3
"""Lone calls, after the two that loaded the model and compared its output: each runs every part many times."""

LONE_STEADY = 0.10
"""How far two lone calls may be apart, one after the other; six and more are judged as all others are."""

WARM_UP_TURNS = 25
"""Turns after which warming up ends, with a note: calls that are not steady by then never will be."""

LONG_TURN_S = 30.0
"""A round of warming up that takes longer is announced: a person who gave a budget of seconds waits for it."""


def is_cold(name: str, seen: Mapping[str, Sequence[float]], inputs: int) -> bool:
    """Whether calls are not steady yet.

    seen: worker -> seconds of its calls so far. inputs: how many calls have inputs of their own; unlike inputs are
    judged by their ratio to another worker's calls.
    """
    series = seen[name]
    if inputs > 1:
        other = seen.get(CONTROL if name == BASELINE else BASELINE, [])
        series = [one / two for one, two in zip(series, other, strict=False)] or series
    if LONE_WARM_UP_CALLS <= len(series) < WARM_UP_CALLS and min(series) >= LONE_CALL_S:
        return abs(series[-1] - series[-2]) > LONE_STEADY * min(series[-2:])
    return len(series) < WARM_UP_CALLS or not steady(series)
