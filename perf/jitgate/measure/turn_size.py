"""How many calls make a turn."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from jitgate.model.variant import BASELINE, is_variant, variant_of

TURN_S = 0.06
"""A turn should last about this long: a hundred times the cost of passing the turn on (well under 1 ms)."""

LEAST_CALLS = 3
"""Steady calls in a turn at least: the fewest whose median is not moved by one disturbed call."""

SLOW_CALL_S = 0.5
"""Calls longer than this: one steady call a turn must do, or a round of four workers would take ten seconds."""

LONE_CALL_S = 1.0
"""Calls longer than this are made once a turn, and none is kept apart as cold: what a turn's first call is slower by,
some milliseconds of cold caches and sleeping threads, is nothing to them, and a round of a pipeline costs half."""

MOST_CALLS = 60
"""Calls in a turn at most; drift within a turn is not cancelled by pairing."""

MUCH_SLOWER = 2.0
"""Times the baseline's call: a variant this slow may make fewer calls a turn, since no speed-up gate is near."""

LATEST_CALLS = 5
"""So many calls tell whether a variant is much slower: first calls compile, and say nothing of later ones."""


def calls_in_a_turn(seen_s: Sequence[float]) -> int:
    """Calls a turn, the cold first one included, from what calls took in seconds; 1 has no cold one."""
    if not seen_s:
        return 2
    typical_s = _typical_s(seen_s)
    if typical_s >= LONE_CALL_S:
        return 1
    least = LEAST_CALLS if typical_s < SLOW_CALL_S else 1
    return 1 + min(MOST_CALLS, max(least, math.ceil(TURN_S / max(typical_s, 1e-6))))


def calls_of_each(seen_s: Mapping[str, Sequence[float]], *, fewer: bool) -> dict[str, int]:
    """Worker -> calls a turn, from what the calls of each took in seconds; the baseline is always there.

    All make as many as the baseline's time asks for, except a variant that is much slower: it makes as many as its own
    time asks for, if that is fewer. Where noise is one-sided, the median of one call is not that of three; so medians
    that are compared near a gate's limit must be of equally many calls, and at twice the baseline's time no speed-up
    gate is near. fewer: whether that is allowed; not where a gate compares with another variant, nor where inputs
    differ, which must be the same for all.
    """
    baseline_s = seen_s.get(BASELINE, ())
    usual = calls_in_a_turn(baseline_s)
    calls = dict.fromkeys((BASELINE, *seen_s), usual)
    for name, own_s in seen_s.items():
        if fewer and may_make_fewer(name, own_s, baseline_s):
            calls[name] = min(usual, calls_in_a_turn(own_s[-LATEST_CALLS:]))
    # What is compared with a variant is of as many calls as the variant's own.
    return {name: calls.get(variant_of(name), usual) for name in calls}


def may_make_fewer(name: str, seen_s: Sequence[float], baseline_s: Sequence[float]) -> bool:
    """Whether `name` is a variant whose latest calls are much slower than the baseline's; not if one is unknown."""
    if name == BASELINE or not is_variant(name) or not seen_s or not baseline_s:
        return False
    return _typical_s(seen_s[-LATEST_CALLS:]) >= MUCH_SLOWER * _typical_s(baseline_s[-LATEST_CALLS:])


def _typical_s(seen_s: Sequence[float]) -> float:
    return sorted(seen_s)[len(seen_s) // 2]
