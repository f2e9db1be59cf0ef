"""Is it a leak, or an allocator that still fills? A worker whose memory seems to grow makes more calls, untimed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from jitgate.pool.interrupt import INTERRUPTS
from jitgate.statistics import growth

LONGER = 3
"""Times the calls so far: a pool that was filled in a third of them is flat in the rest, and a leak is not. Rises of 49
and of 184 KiB a call, over 40 and 48 calls, had made tests red; 80 calls of the latter, made again, showed one step of
3.7 MiB and no rise (two CPU cores, 2026-11-23)."""

LONGEST_S = 60.0
"""Seconds of that; calls that take longer are judged by those that were made."""

Levels = Sequence[tuple[int, int]]
"""(calls so far, bytes) after each turn; `turn` appends to it."""


def leak_check(levels: Levels, turn: Callable[[], object | None], clock: Callable[[], float]) -> None:
    """If `levels` look like a leak, take turns until they are of `LONGER` times as many calls.

    turn: makes calls, and appends to `levels`; None where it failed, which ends it.
    """
    found = growth([calls for calls, _ in levels], [level for _, level in levels])
    if found is None or not found.leaks:
        return
    enough, began = LONGER * levels[-1][0], clock()
    while levels[-1][0] < enough and clock() - began < LONGEST_S:
        INTERRUPTS.deliver()
        if turn() is None:
            return
