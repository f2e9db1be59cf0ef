"""The host's own time of every turn, held against the sum of the calls that a worker says it made in it."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field

from jitgate.model.turn import Turn

TOO_LONG = 1.05
"""Times the host's time of a turn, from which the sum of its calls can't be true: both clocks run at one rate."""

LEAST_S = 0.01
"""Seconds of a turn outside of calls that are nothing: two workers pass their turns on by different ways."""

LARGEST_SHARE = 0.25
"""Of eager's calls of a turn: as much time outside of calls, more than eager has, is work that was not timed."""

FEWEST = 3
"""Turns from which their quartiles tell something."""


@dataclass
class HostClock:
    """Turns of one worker in one scenario. calls_s: the sum of each turn's calls. looking_s: what the worker says
    that looking at outputs took, in which an output may still have been computed. outside_s: the rest of its time;
    busy_s: of that, what it did not wait for a processor."""

    calls_s: list[float] = field(default_factory=list)
    outside_s: list[float] = field(default_factory=list)
    busy_s: list[float] = field(default_factory=list)
    looking_s: list[float] = field(default_factory=list)
    too_long: int = 0

    def note(self, turn: Turn, host_s: float) -> None:
        """host_s: from the request to its answer, on the host."""
        calls_s = sum(turn.wall_ns) / 1e9
        self.calls_s.append(calls_s)
        self.outside_s.append(host_s - calls_s - turn.looking_s)
        self.busy_s.append(self.outside_s[-1] - turn.waited_s)
        self.looking_s.append(turn.looking_s)
        self.too_long += calls_s > TOO_LONG * host_s + LEAST_S

    def problem(self, right: HostClock) -> str:
        """Why the worker's times can't be true; "" where they can. right: eager's."""
        if self.too_long:
            turns = "one turn" if self.too_long == 1 else f"{self.too_long} turns"
            return f"in {turns} its calls take longer than the whole turn does by the host's clock"
        if min(len(self.outside_s), len(right.outside_s)) < FEWEST:
            return ""
        # A busy machine lengthens some turns of either, and may lengthen every turn of a worker that it keeps on a
        # crowded processor; work that is not timed lengthens every turn of one. Waiting in calls counts twice, which
        # is in the worker's favour. Not every turn is looked at closely, so of looking half of the turns count.
        more_s = max(0.0, quartile(self.busy_s, 1) - quartile(right.outside_s, 3))
        more_s += max(0.0, statistics.median(self.looking_s) - quartile(right.looking_s, 3))
        usual_s = statistics.median(right.calls_s)
        if more_s <= max(LEAST_S, LARGEST_SHARE * usual_s):
            return ""
        return (
            f"by the host's clock its turns take {1e3 * more_s:.0f} ms more than the sum of its calls and what eager "
            f"needs around them, whose calls take {1e3 * usual_s:.0f} ms: work was not timed"
        )


def quartile(turns_s: list[float], number: int) -> float:
    """The turn at or above the first or the third quarter of them."""
    return sorted(turns_s)[number * len(turns_s) // 4]
