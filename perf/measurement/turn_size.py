"""How many calls make a turn."""

from __future__ import annotations

import math

TURN_S = 0.06
"""A turn should last about this long: a hundred times the cost of passing the turn on (well under 1 ms)."""

LEAST_CALLS = 3
"""Steady calls in a turn at least: the fewest whose median shrugs off one that was disturbed."""

SLOW_CALL_S = 0.5
"""Calls longer than this: one steady call a turn has to do, or a round of four workers would take ten seconds."""

LONE_CALL_S = 1.0
"""Calls longer than this are made once a turn, and none is kept apart as cold: what a turn's first call is slower by,
some milliseconds of cold caches and sleeping threads, is nothing to them, and a round of a pipeline costs half."""

MOST_CALLS = 60
"""Calls in a turn at most; drift within a turn is not cancelled by pairing."""


def calls_in_a_turn(seen_s: list[float]) -> int:
    """Calls a turn, the cold first one included, from what the baseline's calls took in seconds; 1 has no cold one."""
    if not seen_s:
        return 2
    typical = sorted(seen_s)[len(seen_s) // 2]
    if typical >= LONE_CALL_S:
        return 1
    least = LEAST_CALLS if typical < SLOW_CALL_S else 1
    return 1 + min(MOST_CALLS, max(least, math.ceil(TURN_S / max(typical, 1e-6))))
