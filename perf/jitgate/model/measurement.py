"""All that one workload and scenario gave: plain numbers."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from jitgate.engines.registry import BASELINE, CONTROL
from jitgate.measure.utterance import Spoken
from jitgate.model.cold_start import Cold
from jitgate.model.failure import Failure
from jitgate.model.figures import Life, NewLengths, Work, most_memory
from jitgate.model.tolerance import TOLERANCE
from jitgate.pool.pool import Lap
from jitgate.statistics import Ceiling, Growth, WarmUp, growth, warm_up
from jitgate.worker.accuracy import Parity, worst

Column = npt.NDArray[np.float64]

Levels = tuple[tuple[int, int], ...]
"""Of one process: (calls made so far, memory then in bytes) after each turn."""


@dataclass(frozen=True)
class Arm:
    """One worker's share. Durations in seconds.

    turns: round -> its steady calls; a round the worker did not finish is an empty tuple.
    first_s: the first call of each turn, kept apart (cold caches, sleeping threads).
    device_s: as `turns`, by the device's own timer; empty where it has none.
    laps: of a pipeline, as `turns`: the parts of each steady call.
    levels: one series for each process that it was measured in.
    memory: bytes, as the worker's memory reader tells, of several processes the highest; empty where one was not read.
    draw: energy, power and utilisation while it worked alone, and under `missing` why one is not known.
    parity: how far its outputs are from eager float32's; None where they were not compared. tolerance: the largest
        relative L2 distance that is allowed.
    instead: what it is instead of what its name says, in one sentence; None where it is on.
    rebuilds: what was built anew inside timed turns, cause -> how often. warm_rebuilds: and outside of them.
    warm_s: the first calls of this scenario, equal inputs, until they were steady; the process may have made calls in
        another scenario before. new_lengths: what sizes it had not seen cost it.
    lives: what each of its processes gave once, where there were several.
    """

    name: str
    turns: tuple[tuple[float, ...], ...]
    first_s: tuple[float, ...]
    device_s: tuple[tuple[float, ...], ...]
    cold: Cold
    precision: str = "fp32"
    levels: tuple[Levels, ...] = ()
    laps: tuple[tuple[tuple[Lap, ...], ...], ...] = ()
    memory: Mapping[str, Any] = field(default_factory=dict)
    draw: Mapping[str, Any] = field(default_factory=dict)
    parity: Parity | None = None
    tolerance: float = TOLERANCE["fp32"]
    instead: str | None = None
    rebuilds: Mapping[str, int] = field(default_factory=dict)
    warm_rebuilds: Mapping[str, int] = field(default_factory=dict)
    failure: Failure | None = None
    warm_s: tuple[float, ...] = ()
    new_lengths: NewLengths = field(default_factory=NewLengths)
    lives: tuple[Life, ...] = ()

    @property
    def durations_s(self) -> list[float]:
        """Every steady call, in order."""
        return [duration for turn in self.turns for duration in turn]

    @property
    def median_s(self) -> float | None:
        """Median latency of a steady call; None where nothing was measured."""
        durations = self.durations_s
        return statistics.median(durations) if durations else None

    @property
    def rel_l2(self) -> float | None:
        """Worst relative L2 distance from eager float32; None where it was not compared."""
        return None if self.parity is None else self.parity.rel_l2

    @property
    def growth(self) -> Growth | None:
        """How its memory changed with the calls, in the process where it was worst; None where too few were made."""
        found = [growth([calls for calls, _ in levels], [level for _, level in levels]) for levels in self.levels]
        judged = [each for each in found if each is not None]
        return max(judged, key=lambda each: (each.leaks, each.slope), default=None)

    @property
    def warm_up(self) -> WarmUp | None:
        """How many calls it needed to become steady; None where its first calls were not followed."""
        return warm_up(self.warm_s) if self.warm_s else None

    @property
    def each_life(self) -> tuple[Life, ...]:
        """What its processes gave once each."""
        return self.lives or (Life(self.cold, self.memory, self.warm_s),)

    @property
    def peak_bytes(self) -> int | None:
        """The largest peak of its processes; None where one could not be read, or the worker failed before."""
        return self.memory.get("peak_bytes")


class Columns(NamedTuple):
    """One figure a round and arm, in seconds, rounds that all arms finished; `processes` labels the rounds."""

    baseline: Column
    candidate: Column
    control: Column | None
    processes: npt.NDArray[np.intp] | None


@dataclass(frozen=True)
class Measurement:
    """What one workload/scenario gave so far.

    processes: round -> number of the set of processes it was measured in; all 0 where workers were started once.
    same_inputs: whether every call of the scenario has the same input.
    wall_s: from all workers warm to the end of the last round; busy_s: the part inside model calls.
    tainted: what disturbed a round, for each round that was left out because of it.
    overcommitted: why the device's memory was not really there; None where it was.
    residency: `together`, or `alone` where one worker was resident at a time.
    notes: what a reader should know before trusting the figures.
    spoken: what a call of a pipeline says; None for any other workload.
    work: what one call has to do at least; None where it was not counted.
    ceilings: precision -> what the device does at best. missing: precision -> why that is not known.
    """

    workload: str
    scenario: str
    device: str
    seed: int
    arms: Mapping[str, Arm]
    processes: tuple[int, ...] = ()
    same_inputs: bool = True
    wall_s: float = 0.0
    busy_s: float = 0.0
    tainted: tuple[str, ...] = ()
    overcommitted: str | None = None
    residency: str = "together"
    notes: tuple[str, ...] = ()
    spoken: Spoken | None = None
    work: Work | None = None
    ceilings: Mapping[str, Ceiling] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def rounds(self) -> int:
        """Rounds that count and that the baseline finished."""
        return sum(1 for turn in self.arms[BASELINE].turns if turn)

    @property
    def tainted_share(self) -> float:
        """Of all rounds, those that were left out."""
        return len(self.tainted) / max(1, len(self.tainted) + self.rounds)

    @property
    def left_out(self) -> str:
        """`3 of 40 rounds`: those that were left out."""
        return f"{len(self.tainted)} of {len(self.tainted) + self.rounds} rounds"

    def starts(self, name: str) -> int:
        """How many freshly started processes the rounds of one arm tell of; a block is a process of its own."""
        turns = self.arms[name].turns
        if self.residency == "alone":
            return sum(1 for turn in turns if turn)
        labels = self.processes or (0,) * len(turns)
        return len({label for label, turn in zip(labels, turns, strict=True) if turn})

    @property
    def control(self) -> Arm | None:
        """The second worker of the baseline."""
        return self.arms.get(CONTROL)

    def typical_s(self, name: str) -> Sequence[float]:
        """Seconds that stand for a call of one arm: its steady calls, or the means of its turns where inputs differ."""
        arm = self.arms[name]
        return arm.durations_s if self.same_inputs else [statistics.fmean(turn) for turn in arm.turns if turn]

    def columns(self, candidate: str, baseline: str = BASELINE) -> Columns:
        """The figures that are compared. The control is None if it has failed, `processes` if there was one set only.

        The control is a second worker of eager float32. For another baseline, what it differs by from the first one is
        carried over: round for round it stands for a second worker of that baseline.

        A turn's figure is the median of its calls, or their mean where each call has another input (the median of
        unlike calls would compare unlike things).
        """
        arms = [self.arms[baseline], self.arms[candidate]]
        if self.control is not None and self.control.failure is None:
            arms += [self.control, self.arms[BASELINE]]
        whole = [number for number, turns in enumerate(zip(*(arm.turns for arm in arms), strict=False)) if all(turns)]
        figure = np.median if self.same_inputs else np.mean
        columns = [np.array([figure(arm.turns[number]) for number in whole], dtype=np.float64) for arm in arms]
        control = None
        if len(columns) > 2:
            control = columns[2] if baseline == BASELINE else columns[0] * columns[2] / columns[3]
        # Of a party's variant all rounds are of one set of processes, whatever other parties made.
        labels = np.array([self.processes[number] for number in whole], dtype=np.intp) if self.processes else None
        several = labels is not None and len(set(labels.tolist())) > 1
        return Columns(columns[0], columns[1], control, labels if several else None)


def most_frequent_first(causes: Iterable[str]) -> str:
    """Each cause once, as a list in words."""
    return ", ".join(cause for cause, _ in Counter(causes).most_common())


def merged(parts: Sequence[Measurement], names: Iterable[str] = ()) -> Measurement:
    """One measurement from several sets of processes: rounds in order, the worst of everything else.

    Who is not in a set, being of another party, has no turns in its rounds. names: arms that it has in any case: until
    the turn of their party comes, nothing is known of them.
    """
    first = parts[0]
    found = dict.fromkeys([*(name for part in parts for name in part.arms), *names])
    if len(parts) == 1 and len(found) == len(first.arms):
        return first
    return replace(
        first,
        arms={name: _merged_arm(name, parts) for name in found},
        processes=tuple(number for number, part in enumerate(parts) for _ in part.arms[BASELINE].turns),
        wall_s=sum(part.wall_s for part in parts),
        busy_s=sum(part.busy_s for part in parts),
        tainted=tuple(cause for part in parts for cause in part.tainted),
        overcommitted=next((part.overcommitted for part in parts if part.overcommitted), None),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
        ceilings={precision: found for part in parts for precision, found in part.ceilings.items()},
        missing={precision: why for part in parts for precision, why in part.missing.items()},
    )


def _merged_arm(name: str, parts: Sequence[Measurement]) -> Arm:
    arms = [part.arms[name] for part in parts if name in part.arms] or [Arm(name, (), (), (), Cold())]
    rounds = [(part.arms.get(name), ((),) * len(part.arms[BASELINE].turns)) for part in parts]
    parities = [arm.parity for arm in arms]
    return replace(
        arms[0],
        turns=tuple(turn for arm, absent in rounds for turn in (absent if arm is None else arm.turns)),
        first_s=tuple(first for arm in arms for first in arm.first_s),
        device_s=tuple(turn for arm in arms for turn in arm.device_s),
        levels=tuple(levels for arm in arms for levels in arm.levels),
        laps=tuple(turn for arm, absent in rounds for turn in (absent if arm is None else arm.laps)),
        memory=most_memory([arm.memory for arm in arms]),
        draw=next((arm.draw for arm in arms if arm.draw), {}),
        parity=None if None in parities else worst(each for each in parities if each is not None),
        instead=next((arm.instead for arm in arms if arm.instead is not None), None),
        rebuilds=sum((Counter(arm.rebuilds) for arm in arms), Counter()),
        warm_rebuilds=sum((Counter(arm.warm_rebuilds) for arm in arms), Counter()),
        failure=next((arm.failure for arm in arms if arm.failure is not None), None),
        lives=tuple(life for arm in arms for life in arm.each_life),
    )
