"""Turn by turn: the order of turns, the warm-up before them, and when to stop."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from jitgate.device.health import Health
from jitgate.measure.leak_check import leak_check
from jitgate.measure.order import Order, Shuffled
from jitgate.measure.overcommit import Overcommit
from jitgate.measure.series import Series
from jitgate.measure.slow_share import SlowShare
from jitgate.measure.turn_size import calls_of_each
from jitgate.measure.warm_up import LONG_TURN_S, WARM_UP_TURNS, is_cold
from jitgate.model.failure import Failure
from jitgate.model.measurement import Measurement, most_frequent_first
from jitgate.model.surroundings import uneven
from jitgate.model.turn import Turn
from jitgate.model.variant import BASELINE, CONTROL, is_variant
from jitgate.pool.interrupt import INTERRUPTS
from jitgate.pool.progress import Progress
from jitgate.statistics import look_due

LEAST_ROUNDS = 10
"""A median and a spread worth printing, even where every gate is decided before. Fewer prove nothing, so where calls
take seconds the budget may be exceeded for them, as far as `OVERTIME`."""

LEAST_BLOCKS = 4
"""As `LEAST_ROUNDS` where every turn is a block of its own, which costs seconds and gives a more precise figure."""

STALL = 5.0
"""The budget is charged at most so many times what a round usually takes: a machine that stood still for a minute must
not leave a gate undecided."""

OVERTIME = 2.0
"""Of the budget, what all rounds may take together, stalls and excluded rounds included."""

SO_FAR = 50
"""Rounds behind the speed-up of the progress line, which is only told."""

Undecided = Callable[[Measurement], Collection[str]]
"""Which variants need more rounds; where none does, it is enough."""


class Team(Protocol):
    """The workers, as rounds need them."""

    def names(self) -> list[str]:
        """Workers that can still take a turn."""
        ...

    def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
        """`count` calls from input number `start`; None where the worker failed."""
        ...

    def failure(self, name: str) -> Failure | None: ...


class Rounds:
    """The rounds of one scenario.

    blank: what is known of each worker before its first turn. health: tells which rounds something else disturbed.
    include_noisy: count those too, with a note. order: shuffled by default. overcommit: checks the device's memory
    after every round. block: calls of a turn for which a worker is started; none is warmed up here. early: calls that
    each worker has made alone before, in seconds. keep: called with the measurement so far after every round.
    """

    def __init__(
        self,
        team: Team,
        blank: Measurement,
        inputs: int,
        progress: Progress,
        health: Health,
        clock: Callable[[], float] = time.monotonic,
        *,
        include_noisy: bool = False,
        order: Order | None = None,
        overcommit: Overcommit | None = None,
        block: int | None = None,
        fewer: bool = True,
        early: Mapping[str, Sequence[float]] | None = None,
        keep: Callable[[Measurement], object] = lambda _: None,
    ) -> None:
        self._team = team
        self._keep = keep
        self._early = early or {}
        self._health = health
        self._include_noisy = include_noisy
        self._blank = blank
        self._inputs = inputs
        self._fewer = fewer and inputs == 1
        self._progress = progress
        self._clock = clock
        self._order = order or Shuffled(blank.seed)
        self._overcommit = overcommit
        self._overcommitted: str | None = None
        self._least_rounds = LEAST_ROUNDS if block is None else LEAST_BLOCKS
        self._series = {name: Series(calls=len(self._early.get(name, ()))) for name in blank.all_samples}
        self._calls = dict.fromkeys((BASELINE, *blank.all_samples), block or 2)
        self._next_input = 0
        self.wall_s = self._busy_s = 0.0
        self._notes: list[str] = []
        self._excluded: list[str] = []
        self._included: list[str] = []
        self._took_s: list[float] = []
        self._timing = False
        self._turns_s: dict[str, float] = {}
        self._slow = SlowShare()
        self.spent_s = 0.0

    def warm_up(self, limit_s: float = math.inf) -> None:
        """Unrecorded rounds until the calls of every worker are steady; sets the calls of every turn.

        limit_s: no round is begun that would end later, the first one aside.
        """
        seen: dict[str, list[float]] = {name: list(self._early.get(name, ())) for name in self._team.names()}
        self._calls = calls_of_each(seen, fewer=self._fewer)
        turn_s = sum(statistics.median(calls) * self._calls[name] for name, calls in seen.items() if calls)
        if turn_s > LONG_TURN_S:
            self._progress.note(f"{self._title()}: warming up takes {turn_s:.0f} s a round, which no budget counts")
        began, waiting = self._clock(), self._team.names()
        for number in range(WARM_UP_TURNS):
            # Steady once is enough: on a noisy machine, waiting for all at the same moment would take for ever.
            cold = [name for name in self._team.names() if is_cold(name, seen, self._inputs)]
            waiting = [name for name in cold if name in waiting]
            if not waiting and (number or not self._early):  # workers that were warmed alone have not run in turn yet
                break
            taken_s = self._clock() - began
            if number and taken_s * (number + 1) / number > limit_s:
                self._notes.append(f"Warming up ended after {taken_s:.0f} s: {', '.join(waiting)} was not steady yet.")
                break
            self._progress.busy(f"{self._title()}: warming up {', '.join(waiting) or 'together'} (turn {number + 1})")
            for name in self._in_order():
                turn = self._turn(name)
                if turn is not None:
                    seen[name] += [ns / 1e9 for ns in turn.wall_ns]
            self._next_input += self._calls[BASELINE]
            self._calls = calls_of_each(seen, fewer=self._fewer)
        else:
            self._notes.append(f"After {WARM_UP_TURNS} warm-up turns {', '.join(waiting)} was not steady.")

    def run(
        self, undecided: Undecided, budget_s: float, near: Undecided = lambda _: (), share_s: float = math.inf
    ) -> Measurement:
        """Rounds until no variant is undecided, or until all runs have spent `budget_s` on rounds that count.

        near: variants that other processes may decide; from `share_s` on they get no rounds here. `LEAST_ROUNDS` are
        made all the same, unless they take far longer.
        All take part in the first few; then variants that are decided rest, and only baseline, control and the
        undecided go on. Without a baseline nothing is compared, and the others take a few for their own figures.
        """
        resting: set[str] = set()
        self._timing = True
        while not self.over(budget_s):
            INTERRUPTS.deliver()
            began = self._clock()
            try:
                counts = self._round(resting)
            finally:
                took_s = self._clock() - began
                self.wall_s += took_s
            took_s -= self._slow.note(self._turns_s, budget_s)
            if counts:
                self._took_s.append(took_s)
                self.spent_s += min(took_s, STALL * statistics.median(self._took_s))
            resting |= self._slow.resting(budget_s)
            measurement = self.measurement()
            self._keep(measurement)
            spent = f"{self.spent_s:.0f} s of {budget_s:.0f} s"
            self._progress.busy(f"{self._title()}: round {measurement.rounds}{self._so_far()}, {spent}")
            enough = measurement.rounds >= self._least_rounds and self._order.balanced(measurement.rounds)
            if enough and look_due(measurement.rounds):
                began = self._clock()
                wanted = set(undecided(measurement)) - self._slow.resting(budget_s)
                wanted -= set(near(measurement)) if wanted and self.spent_s >= share_s else set()
                self.wall_s += self._clock() - began
                if not wanted:
                    break
                resting = set(self._series) - wanted - {BASELINE, CONTROL}
        if self._team.failure(BASELINE) is not None:
            self._take_a_few()
        self._timing = False
        for name in self._team.names():
            leak_check(self._series[name].levels, partial(self._turn, name), self._clock)
        return self.measurement()

    def over(self, budget_s: float) -> bool:
        """Whether `run` would make no further round of comparisons, with so many seconds for all of them."""
        if self._team.failure(BASELINE) is not None or self._overcommitted is not None:
            return True
        spent = self.spent_s >= budget_s and len(self._took_s) >= self._least_rounds
        return spent or self.wall_s - self._slow.uncharged_s >= OVERTIME * budget_s

    def _take_a_few(self) -> None:
        """Rounds for what is not a comparison: whether memory grows, and what calls take."""
        for _ in range(self._least_rounds - len(self._series[BASELINE].turns)):
            if self._team.names():
                self._round(set())

    def measurement(self) -> Measurement:
        all_samples = {
            name: self._series[name].samples(samples, self._team.failure(name))
            for name, samples in self._blank.all_samples.items()
        }
        return replace(
            self._blank,
            all_samples=all_samples,
            same_inputs=self._inputs == 1,
            wall_s=self.wall_s,
            busy_s=self._busy_s,
            excluded=tuple(self._excluded),
            overcommitted=self._overcommitted,
            notes=(
                *self._blank.notes,
                *self._notes,
                *self._included_note(),
                *uneven({name: samples.surroundings for name, samples in all_samples.items()}, BASELINE),
            ),
        )

    def _round(self, resting: set[str]) -> bool:
        """One turn of each worker that does not rest. False where something disturbed it: then it does not count."""
        self._health.mark()
        self._turns_s.clear()
        taken = {name: self._turn(name) for name in self._in_order() if name not in resting}
        cause = self._health.cause()
        self._check_memory(taken)
        self._next_input += self._calls[BASELINE]
        self._busy_s += sum(sum(turn.wall_ns) for turn in taken.values() if turn is not None) / 1e9
        if cause is not None and self._include_noisy:
            self._included.append(cause)
        elif cause is not None:
            self._excluded.append(cause)
            return False
        for name, series in self._series.items():
            series.count(taken.get(name))
        return True

    def _turn(self, name: str) -> Turn | None:
        began = self._clock()
        turn = self._team.turn(name, self._blank.scenario, self._next_input, self._calls[name])
        self._turns_s[name] = self._clock() - began
        if turn is not None:
            self._series[name].note(turn, timing=self._timing)
        return turn

    def _in_order(self) -> list[str]:
        return self._order.of(self._team.names(), len(self._series[BASELINE].turns))

    def _check_memory(self, taken: Mapping[str, Turn | None]) -> None:
        if self._overcommit is None or self._overcommitted is not None:
            return
        finished = {name: turn for name, turn in taken.items() if turn is not None}
        # An exclusive worker is gone in the others' turns: the largest one holds what is held at once.
        held = {name: self._series[name].held_bytes for name in self._team.names()}
        if any(turn.levels for turn in finished.values()):
            held = dict(sorted(held.items(), key=lambda each: -each[1])[:1])
        call_s = {name: statistics.median(turn.wall_ns) / 1e9 for name, turn in finished.items()}
        self._overcommitted = self._overcommit.cause(held, call_s if self._inputs == 1 else {})

    def _so_far(self) -> str:
        """`, jit 1.17x so far`: of the fastest few, by the medians of the last rounds; "" before there are any."""
        last = {name: [turn for turn in series.turns[-SO_FAR:] if turn] for name, series in self._series.items()}
        medians = {name: statistics.median(map(statistics.median, turns)) for name, turns in last.items() if turns}
        baseline = medians.get(BASELINE)
        if baseline is None:
            return ""
        found = {name: baseline / each for name, each in medians.items() if is_variant(name) and name != BASELINE}
        fastest = sorted(found, key=lambda name: -found[name])[:3]
        return "".join(f", {name} {found[name]:.2f}x" for name in fastest) + (" so far" if fastest else "")

    def _included_note(self) -> tuple[str, ...]:
        said = f"{len(self._included)} disturbed rounds count (--jitgate-noisy-rounds include)"
        return (f"{said}: {most_frequent_first(self._included)}",) if self._included else ()

    def _title(self) -> str:
        return f"{self._blank.workload} {self._blank.scenario}"
