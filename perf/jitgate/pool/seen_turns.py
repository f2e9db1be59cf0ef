"""What a pool saw of one worker's timed calls, and which of it shows that work was not timed."""

from __future__ import annotations

import statistics
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jitgate.model.turn import Turn
from jitgate.pool.host_clock import FEWEST, HostClock, quartile
from jitgate.pool.output_sample import OutputGap
from jitgate.pool.stored_answer import Sketches

if TYPE_CHECKING:
    from jitgate.pool.output_sample import Sketch

MOST_SLOWER = 2.0
"""Times as long as a timed call may a call with other values take, more than eager's does: a call that finds part of
its answer stored is faster with the values that it has seen."""

LATE_SHARE = 0.25
"""Of a call's time: as much processor time after it, in threads of the variant's own, is work of the call. As much of
eager's call, in which an output only comes apart into its tensors, is work that waited for somebody to look."""

LEAST_UNPACKING_S = 5e-5
"""What taking an output apart may take in any case."""

PART_S = 5e-6
"""What taking out one of its parts may: a dataclass takes longer than a tuple."""

LEAST_MAKING_S = 5e-4
"""What making the inputs of a call may take more than in eager's process in any case: it is the same code there."""

FEWEST_REPEATED, MOST_REPEATED = 3, 0.01
"""Answers that are those of the call before, and their share: fewer are chance, where an output has few bits."""

FEWEST_LATE = 3
"""Calls of which their median tells something."""


@dataclass
class SeenTurns:
    """What was seen of one worker in one scenario.

    kinds: types and sizes of outputs that were looked at -> numbers of their calls. not_finite: of those whose output
    holds NaN or Inf. looked, repeats: as in `Turn`. asked: turns in which a call was to be kept. others_s: calls with
    other values than those that are timed; timed_s: of each turn, the median call.
    """

    gaps: list[OutputGap] = field(default_factory=list)
    sketches: list[tuple[Sketch, Sketch]] = field(default_factory=list)
    other_sketches: list[tuple[Sketch, Sketch]] = field(default_factory=list)
    kinds: dict[str, array[int]] = field(default_factory=dict)
    not_finite: set[int] = field(default_factory=set)
    asked: int = 0
    replaced: set[str] = field(default_factory=set)
    late: list[float] = field(default_factory=list)
    making_s: list[float] = field(default_factory=list)
    unpacking_s: list[float] = field(default_factory=list)
    looked: int = 0
    repeats: set[int] = field(default_factory=set)
    timed_s: list[float] = field(default_factory=list)
    others_s: list[float] = field(default_factory=list)
    clock: HostClock = field(default_factory=HostClock)

    @property
    def both(self) -> tuple[Sketches, Sketches]:
        return self.sketches, self.other_sketches

    def note(self, turn: Turn, turn_s: float, *, others: bool) -> None:
        """One more turn, of so many seconds by the host's clock. others: with values that count for nothing else."""
        for kind, numbers in turn.seen.items():
            self.kinds.setdefault(kind, array("q")).extend(numbers)
        self.not_finite.update(turn.not_finite)
        self.replaced.update(turn.replaced)
        if turn.edited:
            self.replaced.add("the durations of its calls")
        self.late.extend(turn.late)
        calls_s = [wall_ns / 1e9 for wall_ns in turn.wall_ns[1:] or turn.wall_ns]  # the first is cold
        if others:
            self.others_s += calls_s
            return
        self.timed_s += [statistics.median(calls_s)] if calls_s else []
        self.making_s += [] if turn.making_s is None else [turn.making_s]
        self.unpacking_s += [] if turn.unpacking_s is None else [turn.unpacking_s]
        self.looked += turn.looked
        self.repeats.update(turn.repeats)
        self.clock.note(turn, turn_s)

    def untimed(self, right: SeenTurns) -> str:
        """Why its times can't be true, whatever its outputs are; "" where they can. right: eager's."""
        replaced = sorted(self.replaced - right.replaced)
        if replaced:
            return f"it replaced {', '.join(replaced)}, with which jitgate measures"
        if self._late >= LATE_SHARE > right._late:
            return (
                f"a thread of its own works on after a timed call has returned, for {self._late:.0%} of the call's "
                f"time (median of {len(self.late)} calls that were looked at): that work was not timed"
            )
        return self._beside_calls(right) or self.clock.problem(right.clock)

    def _beside_calls(self, right: SeenTurns) -> str:
        """Which work is done before or after the call that it belongs to; "" where none is seen."""
        if not right.timed_s:
            return ""
        usual_s = statistics.median(right.timed_s)
        # What a call of its own takes counts too: after a long one, caches are cold, and all around it takes longer.
        share_s = LATE_SHARE * max(usual_s, statistics.median(self.timed_s or [0.0]))
        parts = max((len(kind.split()) for kind in self.kinds), default=1)
        for own, eagers, least_s, what in (
            (
                *(self.unpacking_s, right.unpacking_s, max(LEAST_UNPACKING_S, PART_S * parts)),
                "its output is made when somebody looks at it: taking it apart",
            ),
            (*(self.making_s, right.making_s, LEAST_MAKING_S), "it works before its calls: making the inputs of one"),
        ):
            if min(len(own), len(eagers)) < FEWEST:
                continue
            # A busy machine lengthens some turns of either; work that is not timed lengthens every turn of one.
            usually_s = quartile(eagers, 3)
            more_s = quartile(own, 1) - usually_s
            if more_s > max(least_s, share_s, usually_s):
                return (
                    f"{what} takes {1e3 * more_s:.2f} ms more than in eager's process, whose calls take "
                    f"{1e3 * usual_s:.2f} ms: that work was not timed"
                )
        return ""

    def others(self, right: SeenTurns) -> list[str]:
        """Kinds of outputs that eager never gives, of calls in which eager's output was looked at too."""
        new = [kind for kind in self.kinds if kind not in right.kinds]
        known = right.looked_at() if new else set()
        return sorted(kind for kind in new if not known.isdisjoint(self.kinds[kind]))

    def lost(self, right: SeenTurns) -> set[int]:
        """Calls that gave NaN or Inf, where eager was seen to give numbers; none where eager has such outputs too."""
        return self.not_finite & right.looked_at() if self.not_finite and not right.not_finite else set()

    def looked_at(self) -> set[int]:
        """Calls whose output was looked at."""
        return {number for numbers in self.kinds.values() for number in numbers}

    def stored(self, right: SeenTurns, *, exact: bool) -> str:
        """Why some of its answers are those of the call before, where eager's are not; "" where none are.

        exact: in its precision an answer changes where eager's does. In a lower one it may stay, so that only an eager
        is held against it that was never seen to repeat itself, and would have been if it did so as often.
        """
        found = self.repeats - right.repeats
        if exact and found:
            known = right.looked_at()
            found = {number for number in found if number in known and number - 1 in known}
        elif right.repeats or right.looked * len(found) < FEWEST_REPEATED * self.looked:
            return ""
        if len(found) < FEWEST_REPEATED or len(found) <= MOST_REPEATED * self.looked:
            return ""
        return (
            f"{len(found)} of {self.looked} timed calls gave the very answer of the call before (a stored answer), "
            "and eager's did not"
        )

    def faster_when_seen(self, right: SeenTurns) -> str:
        """Why a call takes longer with values that it has not seen; "" where it does not, or where there were none."""
        if not (self.others_s and right.others_s and self.timed_s and right.timed_s):
            return ""
        slower, eager = (min(each.others_s) / max(statistics.median(each.timed_s), 1e-9) for each in (self, right))
        if slower <= MOST_SLOWER * max(1.0, eager):
            return ""
        return (
            f"with other values of the same sizes its calls take {slower:.1f} times as long as the timed ones, whose "
            f"values stay the same, and eager's {eager:.1f} times: part of the answer is stored"
        )

    @property
    def _late(self) -> float:
        return statistics.median(self.late) if len(self.late) >= FEWEST_LATE else 0.0
