"""Turn by turn: the order of turns, the warm-up before them, and when to stop."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from jitgate.device.health import Health
from jitgate.measure.leak_check import leak_check
from jitgate.measure.order import Order, Shuffled
from jitgate.measure.overcommit import Overcommit
from jitgate.measure.turn_size import LONE_CALL_S, calls_of_each
from jitgate.model.failure import Failure
from jitgate.model.measurement import Measurement, most_frequent_first
from jitgate.model.samples import Levels
from jitgate.model.turn import StageTime, Turn
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.pool.interrupt import INTERRUPTS
from jitgate.pool.progress import Progress
from jitgate.statistics import look_due, steady

LEAST_ROUNDS = 10
"""A median and a spread worth printing, even where every gate is decided before. Fewer prove nothing at all, so where
calls take seconds the budget may be overdrawn for them, as far as `OVERTIME`."""

LEAST_BLOCKS = 4
"""As `LEAST_ROUNDS` where every turn is a block of its own, which costs seconds and makes a sharper figure."""

WARM_UP_CALLS = 6
"""Calls before a series can be judged steady: TorchScript's profiling executor needs two or three."""

LONE_WARM_UP_CALLS = 3
"""Lone calls, after the two that loaded the model and compared its output: each runs every part many times."""

LONE_STEADY = 0.10
"""How far two lone calls may be apart, one after the other; six and more are judged as all others are."""

WARM_UP_TURNS = 25
"""Turns after which warming up is given up and said: what is not steady by then is not going to be."""

STALL = 5.0
"""A round is charged to the budget with at most so many times what a round usually takes: a machine that stood still
for a minute must not leave a gate undecided."""

OVERTIME = 2.0
"""Of the budget, what all rounds may take together, stalls and rounds that are left out included."""

Undecided = Callable[[Measurement], Collection[str]]
"""Which variants need more rounds; none: it is enough."""


class Team(Protocol):
    """What taking turns needs of the workers."""

    def names(self) -> list[str]:
        """Workers that can still take a turn."""
        ...

    def turn(self, name: str, scenario: str, start: int, count: int) -> Turn | None:
        """`count` calls from input number `start`; None where the worker failed."""
        ...

    def failure(self, name: str) -> Failure | None: ...


@dataclass
class _Series:
    turns: list[tuple[float, ...]] = field(default_factory=list)
    first_s: list[float] = field(default_factory=list)
    device_s: list[tuple[float, ...]] = field(default_factory=list)
    process_runs: list[Levels] = field(default_factory=list)
    levels: list[tuple[int, int]] = field(default_factory=list)
    held_bytes: int = 0
    stage_times: list[tuple[tuple[StageTime, ...], ...]] = field(default_factory=list)
    recompiles: Counter[str] = field(default_factory=Counter)
    warm_up_recompiles: Counter[str] = field(default_factory=Counter)
    calls: int = 0


class Rounds:
    """The rounds of one scenario.

    blank: what is known of each worker before its first turn. health: tells which rounds something else disturbed.
    include_noisy: count them all the same, and say so. order: shuffled unless said otherwise. overcommit: looks at the
    device's memory after every round. block: calls of a turn whose worker process_runs for it alone; none is warmed up
    here. early: calls that each worker has made alone before, in seconds.
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
    ) -> None:
        self._team = team
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
        self._series = {name: _Series(calls=len(self._early.get(name, ()))) for name in blank.all_samples}
        self._calls = dict.fromkeys((BASELINE, *blank.all_samples), block or 2)
        self._next_input = 0
        self._wall_s = self._busy_s = 0.0
        self._notes: list[str] = []
        self._excluded: list[str] = []
        self._kept: list[str] = []
        self._took_s: list[float] = []
        self._timing = False
        self.spent_s = 0.0

    def warm_up(self) -> None:
        """Unrecorded rounds until the calls of every worker are steady; sets the calls of everyone's turn."""
        seen: dict[str, list[float]] = {name: list(self._early.get(name, ())) for name in self._team.names()}
        self._calls = calls_of_each(seen, fewer=self._fewer)
        waiting = self._team.names()
        for number in range(WARM_UP_TURNS):
            # Once steady is steady: on a noisy machine, waiting for all at the same moment would take for ever.
            waiting = [name for name in self._team.names() if name in waiting and self._is_cold(name, seen)]
            if not waiting and (number or not self._early):  # who was warmed alone has not met the others yet
                break
            self._progress.busy(f"{self._title()}: warming up {', '.join(waiting) or 'together'} (turn {number + 1})")
            for name in self._in_order():
                turn = self._turn(name)
                if turn is not None:
                    seen[name] += [ns / 1e9 for ns in turn.wall_ns]
            self._next_input += self._calls[BASELINE]
            self._calls = calls_of_each(seen, fewer=self._fewer)
        else:
            self._notes.append(f"{', '.join(waiting)} not steady after {WARM_UP_TURNS} warm-up turns")

    def _is_cold(self, name: str, seen: dict[str, list[float]]) -> bool:
        """Whether calls are not steady yet. Unlike inputs are judged by their ratio to another worker's calls."""
        series = seen[name]
        if self._inputs > 1:
            other = seen.get(CONTROL if name == BASELINE else BASELINE, [])
            series = [one / two for one, two in zip(series, other, strict=False)] or series
        if LONE_WARM_UP_CALLS <= len(series) < WARM_UP_CALLS and min(series) >= LONE_CALL_S:
            return abs(series[-1] - series[-2]) > LONE_STEADY * min(series[-2:])
        return len(series) < WARM_UP_CALLS or not steady(series)

    def run(self, undecided: Undecided, budget_s: float) -> Measurement:
        """Rounds until nobody is undecided, or until all runs together have spent `budget_s` on rounds that count.

        `LEAST_ROUNDS` are made all the same, unless they take far longer.
        Everyone takes part in the first few; then those that are decided rest, and only baseline, control and the
        undecided go on. Without a baseline nobody is compared, and the others take a few for their own figures.
        """
        resting: set[str] = set()
        self._timing = True
        while not self.over(budget_s):
            INTERRUPTS.hear()
            began = self._clock()
            try:
                counts = self._round(resting)
            finally:
                took_s = self._clock() - began
                self._wall_s += took_s
            if counts:
                self._took_s.append(took_s)
                self.spent_s += min(took_s, STALL * statistics.median(self._took_s))
            measurement = self.measurement()
            spent = f"{self.spent_s:.0f} s of {budget_s:.0f} s"
            self._progress.busy(f"{self._title()}: round {measurement.rounds}, {spent}")
            enough = measurement.rounds >= self._least_rounds and self._order.balanced(measurement.rounds)
            if enough and look_due(measurement.rounds):
                began = self._clock()
                wanted = set(undecided(measurement))
                self._wall_s += self._clock() - began
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
        """Whether `run` would make no round of comparisons any more, with so many seconds for all of them together."""
        if self._team.failure(BASELINE) is not None or self._overcommitted is not None:
            return True
        spent = self.spent_s >= budget_s and len(self._took_s) >= self._least_rounds
        return spent or self._wall_s >= OVERTIME * budget_s

    def _take_a_few(self) -> None:
        """Rounds for what is not a comparison: whether memory grows, and what calls take."""
        for _ in range(self._least_rounds - len(self._series[BASELINE].turns)):
            if self._team.names():
                self._round(set())

    def measurement(self) -> Measurement:
        """What is known by now."""
        all_samples = {}
        for name, samples in self._blank.all_samples.items():
            series = self._series[name]
            all_samples[name] = replace(
                samples,
                turns=tuple(series.turns),
                first_s=tuple(series.first_s),
                device_s=tuple(series.device_s),
                stage_times=tuple(series.stage_times),
                levels=(*series.process_runs, tuple(series.levels)) if series.levels else tuple(series.process_runs),
                recompiles=dict(series.recompiles),
                warm_up_recompiles=dict(series.warm_up_recompiles + Counter(samples.warm_up_recompiles)),
                failure=self._team.failure(name),
            )
        return replace(
            self._blank,
            all_samples=all_samples,
            same_inputs=self._inputs == 1,
            wall_s=self._wall_s,
            busy_s=self._busy_s,
            excluded=tuple(self._excluded),
            overcommitted=self._overcommitted,
            notes=self._blank.notes + tuple(self._notes) + self._kept_note(),
        )

    def _round(self, resting: set[str]) -> bool:
        """One turn of everyone who does not rest. False where something else disturbed it: then it does not count."""
        self._health.mark()
        taken = {name: self._turn(name) for name in self._in_order() if name not in resting}
        cause = self._health.cause()
        self._look_at_memory(taken)
        self._next_input += self._calls[BASELINE]
        self._busy_s += sum(sum(turn.wall_ns) for turn in taken.values() if turn is not None) / 1e9
        if cause is not None and self._include_noisy:
            self._kept.append(cause)
        elif cause is not None:
            self._excluded.append(cause)
            return False
        for name, series in self._series.items():
            turn = taken.get(name)
            if turn is None:
                series.turns.append(())
                series.stage_times.append(())
                continue
            seconds = [ns / 1e9 for ns in turn.wall_ns]
            cold = min(1, len(seconds) - 1)  # a lone call is long: what is cold about it is not seen
            series.first_s += seconds[:cold]
            series.turns.append(tuple(seconds[cold:]))
            series.device_s.append(tuple(ns / 1e9 for ns in turn.device_ns[cold:]))
            series.stage_times.append(turn.stage_times[cold:])
        return True

    def _turn(self, name: str) -> Turn | None:
        turn = self._team.turn(name, self._blank.scenario, self._next_input, self._calls[name])
        if turn is not None:
            series = self._series[name]
            series.calls += len(turn.wall_ns)
            series.held_bytes = turn.level_bytes
            if turn.levels:
                series.process_runs.append(turn.levels)
            else:
                series.levels.append((series.calls, turn.level_bytes))
            # Also in a round that is left out: a compiler's processes are foreign load, and would be why it is.
            (series.recompiles if self._timing else series.warm_up_recompiles).update(turn.recompiles)
        return turn

    def _in_order(self) -> list[str]:
        return self._order.of(self._team.names(), len(self._series[BASELINE].turns))

    def _look_at_memory(self, taken: Mapping[str, Turn | None]) -> None:
        if self._overcommit is None or self._overcommitted is not None:
            return
        finished = {name: turn for name, turn in taken.items() if turn is not None}
        # Who takes turns alone is not there in the others' turns: the largest holds what is held at once.
        held = {name: self._series[name].held_bytes for name in self._team.names()}
        if any(turn.levels for turn in finished.values()):
            held = dict(sorted(held.items(), key=lambda each: -each[1])[:1])
        call_s = {name: statistics.median(turn.wall_ns) / 1e9 for name, turn in finished.items()}
        self._overcommitted = self._overcommit.cause(held, call_s if self._inputs == 1 else {})

    def _kept_note(self) -> tuple[str, ...]:
        said = f"{len(self._kept)} disturbed rounds are among the figures (--jitgate-noisy-rounds include): "
        return (said + most_frequent_first(self._kept),) if self._kept else ()

    def _title(self) -> str:
        return f"{self._blank.workload} {self._blank.scenario}"
