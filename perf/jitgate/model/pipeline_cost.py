"""What an utterance costs: the share of each stage, and figures per second of speech."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from jitgate.model.measurement import Column, Measurement
from jitgate.model.samples import Samples
from jitgate.model.turn import StageTime
from jitgate.model.variant import BASELINE, CONTROL
from jitgate.statistics.lazy_numpy import np

BETWEEN = "between the stages"
"""What is left of an utterance without its stages: embeddings, projections, solver, slices, and the loops."""

TOKENS, AUDIO = "tokens", "audio"
"""What stages give; the values of `jitgate.StageOutput`."""


@dataclass(frozen=True)
class Share:
    """One stage. spent_s: median over the utterances. time, arithmetic: of the whole, 0 to 1. calls: in an utterance.

    time is the mean of its fraction of each utterance, so that fractions add up however much utterances vary.
    arithmetic is None where it was not counted.
    """

    stage: str
    spent_s: float
    time: float
    arithmetic: float | None
    calls: int


@dataclass(frozen=True)
class PipelineCost:
    """An utterance, from the text's tokens to the waveform; what prepares text and prompt is not in it.

    utterances: how many were timed. whole_s: median. shares: the stages, in order, and then what is between them.
    real_time_factor: processing time over audio time. first_audio_s: from the start to the first piece of audio, where
    audio comes in pieces. tokens_per_s: of the stages that make them. characters_per_s: of the whole. None where the
    workload does not say. overlapping: whether stages run at the same time.
    """

    utterances: int
    whole_s: float
    shares: tuple[Share, ...]
    real_time_factor: float | None
    first_audio_s: float | None
    tokens_per_s: float | None
    characters_per_s: float | None
    overlapping: bool = False

    @property
    def longest(self) -> float:
        """The largest share of the time that one stage has."""
        return max((share.time for share in self.shares if share.stage != BETWEEN), default=0.0)

    @property
    def together(self) -> float:
        """All shares of the time: 1, and more where stages overlap or are timed twice."""
        return sum(share.time for share in self.shares)


def cost(measurement: Measurement, variant: str = BASELINE) -> PipelineCost | None:
    """What an utterance of `variant` costs; None for a workload without stages, and where no stage was timed."""
    said, samples = measurement.utterance, measurement.all_samples[variant]
    calls = [
        (whole_s, stage_times)
        for turn, of in zip(samples.turns, samples.stage_times, strict=False)
        for whole_s, stage_times in zip(turn, of, strict=False)
    ]
    if said is None or not calls or not all(stage_times for _, stage_times in calls):
        return None
    whole_s = statistics.median(whole_s for whole_s, _ in calls)
    shares = []
    for stage in said.stages:
        spent_s = statistics.median(_spent_s(stage_times, (stage,)) for _, stage_times in calls)
        share = statistics.fmean(_spent_s(stage_times, (stage,)) / whole for whole, stage_times in calls)
        shares.append(Share(stage, spent_s, share, _arithmetic(measurement, stage), _called(calls[-1][1], stage)))
    left = [(max(0.0, whole - _spent_s(stage_times, tuple(said.stages))), whole) for whole, stage_times in calls]
    counted = [share.arithmetic for share in shares if share.arithmetic is not None]
    between_s = statistics.median(left_s for left_s, _ in left)
    between = statistics.fmean(left_s / whole for left_s, whole in left)
    shares.append(Share(BETWEEN, between_s, between, max(0.0, 1.0 - sum(counted)) if counted else None, 0))
    making_s = statistics.median(_spent_s(stage_times, said.giving(TOKENS)) for _, stage_times in calls)
    return PipelineCost(
        utterances=len(calls),
        whole_s=whole_s,
        shares=tuple(shares),
        real_time_factor=whole_s / said.audio_s if said.audio_s else None,
        first_audio_s=_first_audio_s([stage_times for _, stage_times in calls], said.giving(AUDIO))
        if said.streaming
        else None,
        tokens_per_s=said.speech_tokens / making_s if said.speech_tokens and making_s else None,
        characters_per_s=said.characters / whole_s if said.characters else None,
        overlapping=said.overlapping,
    )


def stage_columns(
    measurement: Measurement, candidate: str, stages: Sequence[str]
) -> tuple[Column, Column, Column] | None:
    """What `stages` took together in each round of `Measurement.columns`, seconds: baseline, candidate and control.

    None where one of them did not time its stages, or is missing.
    """
    names = (BASELINE, candidate, CONTROL)
    if not all(name in measurement.all_samples for name in names):
        return None
    all_samples = [measurement.all_samples[name] for name in names]
    whole = [
        number
        for number, turns in enumerate(zip(*(samples.turns for samples in all_samples), strict=False))
        if all(turns)
    ]
    if not whole or not all(_timed(samples, number, stages) for samples in all_samples for number in whole):
        return None
    figure = np.median if measurement.same_inputs else np.mean
    columns = [
        np.array(
            [
                figure([_spent_s(stage_times, stages) for stage_times in samples.stage_times[number]])
                for number in whole
            ],
            dtype=np.float64,
        )
        for samples in all_samples
    ]
    return columns[0], columns[1], columns[2]


def _timed(samples: Samples, number: int, stages: Sequence[str]) -> bool:
    return (
        number < len(samples.stage_times)
        and all(_spent_s(stage_times, stages) > 0 for stage_times in samples.stage_times[number])
        and bool(samples.stage_times[number])
    )


def _spent_s(stage_times: Sequence[StageTime], stages: Sequence[str]) -> float:
    return sum(stage_time.spent_s for stage_time in stage_times if stage_time.stage in stages)


def _called(stage_times: Sequence[StageTime], stage: str) -> int:
    return sum(stage_time.calls for stage_time in stage_times if stage_time.stage == stage)


def _first_audio_s(calls: Sequence[Sequence[StageTime]], stages: Sequence[str]) -> float | None:
    firsts = [
        min((stage_time.first_s for stage_time in stage_times if stage_time.stage in stages), default=None)
        for stage_times in calls
    ]
    known = [first for first in firsts if first is not None]
    return statistics.median(known) if known else None


def _arithmetic(measurement: Measurement, stage: str) -> float | None:
    operations = measurement.utterance.operations if measurement.utterance is not None else {}
    total = operations.get("", 0)
    return operations.get(stage, 0) / total if total else None
