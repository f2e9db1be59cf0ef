"""Where the budget decides: more rounds in these processes, or the workers started again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jitgate.statistics.decision import MARGIN, MOST_PAIRS, Outcome, in_the_way, judge, pair_scatter, pairs_in_all
from jitgate.statistics.starts import LOOKS, MOST_SETS, STUDENT_FROM, start_bound, student

if TYPE_CHECKING:
    from jitgate.statistics.comparison import Speedup

START_ROUNDS = 30
"""What a start costs, in rounds: seconds, and rounds take tenths of one. Only the choice between a few long sets and
several short ones depends on it."""

LEAST_ROUNDS = 10
"""Of a set: a centre of fewer says little."""


@dataclass(frozen=True)
class Need:
    """What may still decide: more rounds in the newest set of processes, and more sets. Both: rounds first."""

    rounds: bool = False
    starts: bool = False


def need(speedup: Speedup, threshold: float) -> Need:
    """What a comparison needs that was made with `starts`; see `jitgate.statistics.starts`.

    Far from the limit rounds alone decide. Near it, a set ends as soon as several like it would decide: precision
    within one start is no use beyond that. From the second set on, a set is whole before anything is decided by it.
    """
    open_still = judge(speedup, threshold).outcome not in (Outcome.PASS, Outcome.FAIL)
    if speedup.starts is None:
        return Need(rounds=open_still)
    whole = speedup.newest_pairs >= rounds_of_a_set(speedup, threshold)
    if speedup.processes == 1:
        near = in_the_way(speedup, threshold) or _broken_start(speedup)
        return Need(rounds=open_still and not (near and whole), starts=open_still and near)
    return Need(rounds=not whole, starts=open_still and speedup.processes < MOST_SETS)


def rounds_of_a_set(speedup: Speedup, threshold: float) -> int:
    """Rounds that each set should have, if starts do not differ: for the number of sets that costs least."""
    distance = abs(math.log(speedup.interval.estimate / threshold))
    return set_size(pair_scatter(speedup), distance, speedup.interval.alpha)


def set_size(scatter: float, distance: float, alpha: float) -> int:
    """The same for pairs that scatter so, and a limit that is so far away; both of logarithms."""
    pairs = pairs_in_all(scatter, distance, alpha) if distance else None
    if pairs is None:
        return MOST_PAIRS
    costs = {}
    for sets, share in LOOKS.items():
        level = share * alpha
        if sets == 1 or (sets < STUDENT_FROM and distance < start_bound(sets, level) / math.sqrt(sets)):
            continue
        needed = float(pairs)
        if sets >= STUDENT_FROM:
            needed = max(needed, (MARGIN * student(sets - 1, level) * scatter / distance) ** 2)
        rounds = max(LEAST_ROUNDS, math.ceil(needed / sets))
        costs[rounds] = sets * (rounds + START_ROUNDS)
    return min(MOST_PAIRS, min(costs, key=lambda rounds: costs[rounds]))


def _broken_start(speedup: Speedup) -> bool:
    """Whether this start itself can't be trusted: its copies of the baseline differ, or the ratio moved."""
    return speedup.invalid is not None or speedup.drift is not None
