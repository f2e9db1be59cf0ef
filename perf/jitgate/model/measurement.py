"""All that one workload and scenario gave: plain numbers."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from jitgate.model.accuracy import worst
from jitgate.model.base_comparison import BaseComparison
from jitgate.model.cold_start import ColdStart
from jitgate.model.content_digests import ContentDigests
from jitgate.model.figures import FlopCount
from jitgate.model.memory_peaks import most_memory
from jitgate.model.produced import Produced
from jitgate.model.samples import Samples
from jitgate.model.surroundings import joined
from jitgate.model.timed_outputs import all_timed_outputs
from jitgate.model.utterance import PipelineUtterance
from jitgate.model.variant import BASE, BASELINE, CONTROL, COPY, arm
from jitgate.statistics import PeakRates
from jitgate.statistics.lazy_numpy import np

if TYPE_CHECKING:
    import numpy.typing as npt

Column: TypeAlias = "npt.NDArray[np.float64]"


class Columns(NamedTuple):
    """One figure a round for each worker, in seconds, of the rounds that all of them finished. processes: labels.

    starts: whether an interval must cover what a start of the workers changes. own_control: whether the control is a
    second worker of this baseline, and not carried over.
    """

    baseline: Column
    candidate: Column
    control: Column | None
    processes: npt.NDArray[np.intp] | None
    starts: bool = False
    own_control: bool = True


@dataclass(frozen=True, eq=False)
class Measurement:
    """What one workload/scenario gave so far. Each is equal to itself alone, and so can be a key.

    processes: round -> number of the set of processes it was measured in; empty where workers were started once.
    same_inputs: whether every call of the scenario has the same input.
    wall_s: from the first to the end of the last round; busy_s: the part of it inside model calls.
    excluded: for each excluded round, what disturbed it.
    overcommitted: why memory was not the device's own; None where it was.
    residency: `concurrent`, or `exclusive` where one worker was resident at a time.
    notes: what a reader must know before trusting the figures.
    utterance: what a call of a pipeline says; None for any other workload.
    produced: what a call makes that people count; None where the workload does not say.
    flop_count: the least that one call must do; None where it was not counted.
    peak_rates: precision -> what the device does at best. missing: precision -> why that is not known.
    restarts: whether workers are started again where that decides, so that an interval holds for the next start too.
    digests: of inputs and weights, by which later runs tell whether they measure the same.
    base: the other commit that its workers were compared with; None for none. confirmation: the same measured again in
    workers that were built and started for it; None where nothing asked for that.
    """

    workload: str
    scenario: str
    device: str
    seed: int
    all_samples: Mapping[str, Samples]
    processes: tuple[int, ...] = ()
    same_inputs: bool = True
    wall_s: float = 0.0
    busy_s: float = 0.0
    excluded: tuple[str, ...] = ()
    overcommitted: str | None = None
    residency: str = "concurrent"
    notes: tuple[str, ...] = ()
    utterance: PipelineUtterance | None = None
    flop_count: FlopCount | None = None
    peak_rates: Mapping[str, PeakRates] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    restarts: bool = False
    digests: ContentDigests = field(default_factory=ContentDigests)
    base: BaseComparison | None = None
    confirmation: Measurement | None = None
    produced: Produced | None = None

    @property
    def rounds(self) -> int:
        """Rounds that count and that the baseline finished."""
        return sum(1 for turn in self.all_samples[BASELINE].turns if turn)

    @property
    def excluded_share(self) -> float:
        """Of all rounds, the excluded ones."""
        return len(self.excluded) / max(1, len(self.excluded) + self.rounds)

    @property
    def excluded_summary(self) -> str:
        """`3 of 40 rounds`: the excluded ones."""
        return f"{len(self.excluded)} of {len(self.excluded) + self.rounds} rounds"

    def starts(self, name: str) -> int:
        """In how many processes the rounds of one worker were measured; a block has its own process."""
        turns = self.all_samples[name].turns
        if self.residency == "exclusive":
            return sum(1 for turn in turns if turn)
        labels = self.processes or (0,) * len(turns)
        return len({label for label, turn in zip(labels, turns, strict=True) if turn})

    @property
    def control(self) -> Samples | None:
        return self.all_samples.get(CONTROL)

    def typical_s(self, name: str) -> Sequence[float]:
        """Seconds of a call of one worker: its steady calls, or the means of its turns where inputs differ."""
        samples = self.all_samples[name]
        return samples.durations_s if self.same_inputs else [statistics.fmean(turn) for turn in samples.turns if turn]

    def columns(self, candidate: str, baseline: str = BASELINE) -> Columns:
        """The figures that are compared. The control is None if it has failed, `processes` if there was one set only.

        The control is a second worker of eager float32. For another baseline, what it differs by from the first one is
        carried over: round for round it stands for a second worker of that baseline.

        A turn's figure is the median of its calls, or their mean where each call has another input (the median of
        unlike calls would compare unlike things).
        """
        all_samples = [self.all_samples[baseline], self.all_samples[candidate]]
        if self.control is not None and self.control.failure is None:
            all_samples += [self.control, self.all_samples[BASELINE]]
        whole = [
            number
            for number, turns in enumerate(zip(*(samples.turns for samples in all_samples), strict=False))
            if all(turns)
        ]
        columns = [self._figures(samples, whole) for samples in all_samples]
        control = None
        if len(columns) > 2:
            control = columns[2] if baseline == BASELINE else columns[0] * columns[2] / columns[3]
        # A block has a process of its own: what starts change is in the scatter of its pairs.
        starts = self.restarts and self.residency != "exclusive" and control is not None
        return Columns(columns[0], columns[1], control, self._labels(whole), starts, baseline == BASELINE)

    def against_base(self, variant: str) -> Columns | None:
        """A variant of the head against the same variant of the base; None where an arm was not run.

        Which of the two checkouts is the base and which its copy changes from round to round, so neither one's place in
        memory is taken for the commit's: at whatever round measuring ends, they have swapped half-way. The control has
        the copy's distance from the base in every round, and so does not cancel.
        """
        names = (arm(variant, BASE), arm(variant, COPY), variant)
        if any(name not in self.all_samples for name in names):
            return None
        base, copy, head = (self.all_samples[name] for name in names)
        both = enumerate(zip(base.turns, copy.turns, head.turns, strict=False))
        whole = [number for number, turns in both if all(turns)]
        base_s, copy_s, head_s = (self._figures(samples, whole) for samples in (base, copy, head))
        baseline_s = np.where(np.array(whole, dtype=np.intp) % 2 == 1, copy_s, base_s)
        return Columns(baseline_s, head_s, baseline_s * copy_s / base_s, self._labels(whole))

    def _figures(self, samples: Samples, rounds: Sequence[int]) -> Column:
        figure = np.median if self.same_inputs else np.mean
        return np.array([figure(samples.turns[number]) for number in rounds], dtype=np.float64)

    def _labels(self, rounds: Sequence[int]) -> npt.NDArray[np.intp] | None:
        """Of a batch's variant all rounds are of one set of processes, whatever other batches made: then None."""
        labels = np.array([self.processes[number] for number in rounds], dtype=np.intp) if self.processes else None
        several = labels is not None and len(set(labels.tolist())) > 1
        return labels if several else None


def most_frequent_first(causes: Iterable[str]) -> str:
    """Each cause once, as a list in words."""
    return ", ".join(cause for cause, _ in Counter(causes).most_common())


def merged(stages: Sequence[Measurement], names: Iterable[str] = ()) -> Measurement:
    """One measurement from several sets of processes: rounds in order, the worst of everything else.

    A worker that is not in a set, being of another batch, has no turns in its rounds. names: workers that the result
    has in any case: until their batch is measured, nothing is known of them.
    """
    first = stages[0]
    found = dict.fromkeys([*(name for stage in stages for name in stage.all_samples), *names])
    if len(stages) == 1 and len(found) == len(first.all_samples):
        return first
    return replace(
        first,
        all_samples={name: _merged_samples(name, stages) for name in found},
        processes=tuple(number for number, stage in enumerate(stages) for _ in stage.all_samples[BASELINE].turns),
        wall_s=sum(stage.wall_s for stage in stages),
        busy_s=sum(stage.busy_s for stage in stages),
        excluded=tuple(cause for stage in stages for cause in stage.excluded),
        overcommitted=next((stage.overcommitted for stage in stages if stage.overcommitted), None),
        notes=tuple(dict.fromkeys(note for stage in stages for note in stage.notes)),
        peak_rates={precision: found for stage in stages for precision, found in stage.peak_rates.items()},
        missing={precision: why for stage in stages for precision, why in stage.missing.items()},
    )


def _merged_samples(name: str, stages: Sequence[Measurement]) -> Samples:
    all_samples = [stage.all_samples[name] for stage in stages if name in stage.all_samples] or [
        Samples(name, (), (), (), ColdStart())
    ]
    rounds = [(stage.all_samples.get(name), ((),) * len(stage.all_samples[BASELINE].turns)) for stage in stages]
    accuracies = [samples.accuracy for samples in all_samples]
    return replace(
        all_samples[0],
        turns=tuple(turn for samples, absent in rounds for turn in (absent if samples is None else samples.turns)),
        first_s=tuple(first for samples in all_samples for first in samples.first_s),
        device_s=tuple(turn for samples in all_samples for turn in samples.device_s),
        levels=tuple(levels for samples in all_samples for levels in samples.levels),
        stage_times=tuple(
            turn for samples, absent in rounds for turn in (absent if samples is None else samples.stage_times)
        ),
        memory=most_memory([samples.memory for samples in all_samples]),
        power=next((samples.power for samples in all_samples if samples.power), None),
        accuracy=None if None in accuracies else worst(each for each in accuracies if each is not None),
        fallback=next((samples.fallback for samples in all_samples if samples.fallback is not None), None),
        recompiles=sum((Counter(samples.recompiles) for samples in all_samples), Counter()),
        warm_up_recompiles=sum((Counter(samples.warm_up_recompiles) for samples in all_samples), Counter()),
        surroundings=joined(samples.surroundings for samples in all_samples),
        failure=next((samples.failure for samples in all_samples if samples.failure is not None), None),
        process_runs=tuple(run for samples in all_samples for run in samples.each_process_run),
        timed_outputs=all_timed_outputs(samples.timed_outputs for samples in all_samples),
    )
