"""Turns of workers that are not resident between them: each is loaded, warmed up, timed and ended in one go."""

from __future__ import annotations

import itertools
import math
import statistics
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from jitgate.device.health import Health
from jitgate.measure.turn_size import LATEST_CALLS, may_make_fewer
from jitgate.model.failure import Failure
from jitgate.model.memory_peaks import MemoryPeaks, most_memory
from jitgate.model.surroundings import joined
from jitgate.model.turn import Turn
from jitgate.statistics import steady

BLOCK_S = 2.0
"""Steady calls of a block last about this long: loading costs seconds, and more calls make its figure more precise."""

LEAST_CALLS = 3
"""In a block at least, as in a turn: the fewest whose median is not moved by one disturbed call."""

MOST_CALLS = 600

WARM_UP_CALLS = 6
"""Before the first look at whether calls are steady."""

WARM_UP_STEP = 2
"""Between two looks: calls may take seconds."""

MOST_WARM_UP_CALLS = 60
"""Calls that are not steady after so many in a fresh process never will be."""

PARTS = 8
"""A block is timed in so many pieces, each followed by a reading of memory: enough to see growth."""


class Resident(Protocol):
    """The worker that is loaded."""

    def turn(self, start: int, count: int) -> Turn | None: ...

    def memory(self) -> MemoryPeaks | None: ...

    def fallback(self) -> str | None:
        """What ran instead of the variant; None where the variant itself ran."""
        ...


class ExclusiveHost(Protocol):
    """Has at most one worker at a time."""

    def running(self, name: str, scenario: str) -> AbstractContextManager[Resident | None]:
        """Worker `name` after its first call of `scenario`; it has ended when the context is left."""
        ...


class BlockTeam:
    """What `Rounds` needs of workers, from a host that has one at a time: a turn is a whole process.

    names: workers that can still be started. health: watches the timed part alone, since loading is busy in its own
    way; `Rounds` takes this team as its health. typical_s: what a warm call of the baseline takes; None where that is
    not known, or where all must make equally many calls. memory: worker -> the highest peaks of all its blocks.
    fallbacks: worker -> what ran instead of it in one of its blocks.
    """

    def __init__(
        self,
        host: ExclusiveHost,
        names: Callable[[], list[str]],
        failure: Callable[[str], Failure | None],
        health: Health,
        *,
        same_inputs: bool,
        typical_s: float | None = None,
    ) -> None:
        self._host = host
        self._health = health
        self._same_inputs = same_inputs
        self._baseline_s = () if typical_s is None else (typical_s,)
        self._calls: dict[str, int] = {}
        self._causes: list[str] = []
        self._restless: set[str] = set()
        self.names = names
        self.failure = failure
        self.memory: dict[str, MemoryPeaks] = {}
        self.fallbacks: dict[str, str] = {}

    @property
    def restless(self) -> list[str]:
        """Workers with a block whose calls were not steady when it was timed."""
        return sorted(self._restless)

    def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
        """A block: `count` steady calls. `Rounds` counts the first as cold, as in every turn.

        Fewer where its first block found the worker much slower than the baseline, for the reason in `calls_of_each`.
        """
        with self._host.running(name, scenario) as worker:
            if worker is None:
                return None
            levels: list[tuple[int, int]] = []
            seen_s = self._warmed(worker, name, start, levels)
            if seen_s is None:
                return None
            calls = self._calls.setdefault(name, self._calls_of(name, seen_s, count))
            self._health.mark()
            parts = [worker.turn(start + at, size) for at, size in pieces(calls)]
            cause = self._health.cause()
            if cause is not None:
                self._causes.append(cause)
            taken = [part for part in parts if part is not None]
            if len(taken) < len(parts):
                return None
            for part in taken:
                levels.append(((levels[-1][0] if levels else 0) + len(part.wall_ns), part.level_bytes))
            self._remember(name, worker.memory())
            fallback = worker.fallback()
            if fallback is not None:
                self.fallbacks.setdefault(name, fallback)
        return Turn(
            tuple(ns for part in taken for ns in part.wall_ns),
            tuple(ns for part in taken for ns in part.device_ns),
            taken[-1].level_bytes,
            sum((Counter(part.recompiles) for part in taken), Counter()),
            tuple(levels),
            tuple(stage_time for part in taken for stage_time in part.stage_times),
            joined(part.surroundings for part in taken),
        )

    def mark(self) -> None:
        """A round begins; none of its blocks has been disturbed yet."""
        self._causes.clear()

    def cause(self) -> str | None:
        """What disturbed a block of the round."""
        return self._causes[0] if self._causes else None

    def _warmed(self, worker: Resident, name: str, start: int, levels: list[tuple[int, int]]) -> list[float] | None:
        """Calls until they are steady, in seconds; None where the worker failed. Unlike inputs: a fixed number."""
        seen: list[float] = []
        while len(seen) < MOST_WARM_UP_CALLS:
            turn = worker.turn(start, WARM_UP_STEP if seen else WARM_UP_CALLS)
            if turn is None:
                return None
            seen += [ns / 1e9 for ns in turn.wall_ns]
            levels.append((len(seen), turn.level_bytes))
            if steady(seen) if self._same_inputs else len(seen) >= 2 * WARM_UP_CALLS:
                return seen
        self._restless.add(name)
        return seen

    def _calls_of(self, name: str, seen_s: list[float], count: int) -> int:
        if not self._same_inputs or not may_make_fewer(name, seen_s, self._baseline_s):
            return count
        return min(count, calls_in_a_block(statistics.median(seen_s[-LATEST_CALLS:])))

    def _remember(self, name: str, found: MemoryPeaks | None) -> None:
        both = found and most_memory([self.memory.get(name, found), found])
        if both is not None:
            self.memory[name] = both


def calls_in_a_block(typical_s: float | None) -> int:
    """Calls of a block, the first one included, from what a warm call takes in seconds."""
    if typical_s is None:
        return 1 + LEAST_CALLS
    return 1 + min(MOST_CALLS, max(LEAST_CALLS, math.ceil(BLOCK_S / max(typical_s, 1e-6))))


def pieces(count: int) -> list[tuple[int, int]]:
    """`count` calls in up to PARTS pieces: (calls before it, its calls)."""
    parts = min(PARTS, count)
    edges = [count * part // parts for part in range(parts + 1)]
    return [(begin, end - begin) for begin, end in itertools.pairwise(edges)]
