"""What was measured of one worker: durations, memory, accuracy."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

from jitgate.model.accuracy import Accuracy
from jitgate.model.cold_start import ColdStart
from jitgate.model.failure import Failure
from jitgate.model.figures import ProcessRun, UnseenShapes
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.power_reading import PowerReading
from jitgate.model.surroundings import Surroundings
from jitgate.model.timed_outputs import TimedOutputs
from jitgate.model.tolerance import TOLERANCE
from jitgate.model.turn import StageTime
from jitgate.statistics import Growth, WarmUp, growth, warm_up

Levels = tuple[tuple[int, int], ...]
"""Of one process: (calls made so far, memory then in bytes) after each turn."""


@dataclass(frozen=True)
class Samples:
    """What was measured of one worker. Durations in seconds.

    turns: round -> its steady calls; empty for a round that the worker did not finish.
    first_s: the first call of each turn, kept apart (cold caches, sleeping threads).
    device_s: as `turns`, by the device's own timer; empty where it has none.
    stage_times: of a pipeline, as `turns`: the stages of each steady call.
    levels: one series for each of its processes.
    memory: the highest peaks of its processes; None where one was not read.
    power: what the device drew while it worked alone; None where that was not read.
    accuracy: how far its outputs are from eager float32's; None where they were not compared. tolerance: the largest
        relative L2 distance that is allowed.
    fallback: what ran instead of the variant, in one sentence; None where the variant itself ran.
    recompiles: recompilations inside timed turns, cause -> count. warm_up_recompiles: those outside of them.
    surroundings: what ran next to the model in its timed turns.
    warm_s: the first calls of this scenario, equal inputs, until they were steady; the process may have made calls in
        another scenario before. unseen_shapes: what calls of shapes it had not seen cost.
    process_runs: what each of its processes gave once, where there were several.
    timed_outputs: what the outputs of its timed calls showed; None where no round was made.
    """

    name: str
    turns: tuple[tuple[float, ...], ...]
    first_s: tuple[float, ...]
    device_s: tuple[tuple[float, ...], ...]
    cold_start: ColdStart
    precision: str = "fp32"
    levels: tuple[Levels, ...] = ()
    stage_times: tuple[tuple[tuple[StageTime, ...], ...], ...] = ()
    memory: MemoryPeaks | None = None
    power: PowerReading | None = None
    accuracy: Accuracy | None = None
    tolerance: float = TOLERANCE["fp32"]
    fallback: str | None = None
    recompiles: Mapping[str, int] = field(default_factory=dict)
    warm_up_recompiles: Mapping[str, int] = field(default_factory=dict)
    surroundings: Surroundings = field(default_factory=Surroundings)
    failure: Failure | None = None
    warm_s: tuple[float, ...] = ()
    unseen_shapes: UnseenShapes = field(default_factory=UnseenShapes)
    process_runs: tuple[ProcessRun, ...] = ()
    timed_outputs: TimedOutputs | None = None

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
        return None if self.accuracy is None else self.accuracy.rel_l2

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
    def each_process_run(self) -> tuple[ProcessRun, ...]:
        return self.process_runs or (ProcessRun(self.cold_start, self.memory, self.warm_s),)

    @property
    def peak_bytes(self) -> int | None:
        """The largest peak of its processes; None where one could not be read, or the worker failed before."""
        return None if self.memory is None else self.memory.peak_bytes
