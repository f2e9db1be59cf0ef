"""What a sentence costs: the share of each part, and figures per second of speech."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jitgate.engines.registry import BASELINE, CONTROL
from jitgate.model.measurement import Arm, Column, Measurement
from jitgate.pool.pool import Lap

BETWEEN = "between the stages"
"""What is left of a sentence when its parts are taken off: embeddings, projections, solver, slices, and the loops."""

TOKENS, AUDIO = "tokens", "audio"
"""What parts give; the values of `jitgate.Gives`."""


@dataclass(frozen=True)
class Share:
    """One part. spent_s: median over the sentences. time, arithmetic: of the whole, 0 to 1. calls: in a sentence.

    time is the mean over the sentences of its fraction of each, so that fractions add up however much sentences
    scatter. arithmetic is None where it was not counted.
    """

    part: str
    spent_s: float
    time: float
    arithmetic: float | None
    calls: int


@dataclass(frozen=True)
class Cost:
    """A sentence, from the text's tokens to the waveform; what prepares text and prompt is not in it.

    sentences: how many were timed. whole_s: median. shares: the parts, in order, and then what is between them.
    real_time_factor: processing time over audio time. first_audio_s: from the begin to the first piece of audio, where
    audio comes in pieces. tokens_per_s: of the parts that make them. characters_per_s: of the whole. None: not said by
    the workload.
    """

    sentences: int
    whole_s: float
    shares: tuple[Share, ...]
    real_time_factor: float | None
    first_audio_s: float | None
    tokens_per_s: float | None
    characters_per_s: float | None

    @property
    def together(self) -> float:
        """All shares of the time: 1, and more where parts overlap or are timed twice."""
        return sum(share.time for share in self.shares)

    @property
    def part_names(self) -> tuple[str, ...]:
        return tuple(share.part for share in self.shares if share.part != BETWEEN)


def cost(measurement: Measurement, variant: str = BASELINE) -> Cost | None:
    """What a sentence of `variant` costs; None for a workload without parts, and where no part was timed."""
    said, arm = measurement.spoken, measurement.arms[variant]
    calls = [
        (whole_s, laps)
        for turn, of in zip(arm.turns, arm.laps, strict=False)
        for whole_s, laps in zip(turn, of, strict=False)
    ]
    if said is None or not calls or not all(laps for _, laps in calls):
        return None
    whole_s = statistics.median(whole_s for whole_s, _ in calls)
    shares = []
    for part in said.parts:
        spent_s = statistics.median(_spent_s(laps, (part,)) for _, laps in calls)
        share = statistics.fmean(_spent_s(laps, (part,)) / whole for whole, laps in calls)
        shares.append(Share(part, spent_s, share, _arithmetic(measurement, part), _called(calls[-1][1], part)))
    left = [(max(0.0, whole - _spent_s(laps, tuple(said.parts))), whole) for whole, laps in calls]
    counted = [share.arithmetic for share in shares if share.arithmetic is not None]
    between_s = statistics.median(left_s for left_s, _ in left)
    between = statistics.fmean(left_s / whole for left_s, whole in left)
    shares.append(Share(BETWEEN, between_s, between, max(0.0, 1.0 - sum(counted)) if counted else None, 0))
    making_s = statistics.median(_spent_s(laps, said.giving(TOKENS)) for _, laps in calls)
    return Cost(
        sentences=len(calls),
        whole_s=whole_s,
        shares=tuple(shares),
        real_time_factor=whole_s / said.audio_s if said.audio_s else None,
        first_audio_s=_first_audio_s([laps for _, laps in calls], said.giving(AUDIO)) if said.streaming else None,
        tokens_per_s=said.speech_tokens / making_s if said.speech_tokens and making_s else None,
        characters_per_s=said.characters / whole_s if said.characters else None,
    )


def part_columns(
    measurement: Measurement, candidate: str, parts: Sequence[str]
) -> tuple[Column, Column, Column] | None:
    """What `parts` took together in each round of `Measurement.columns`, seconds: baseline, candidate and control.

    None where one of the arms did not time its parts, or is missing.
    """
    names = (BASELINE, candidate, CONTROL)
    if not all(name in measurement.arms for name in names):
        return None
    arms = [measurement.arms[name] for name in names]
    whole = [number for number, turns in enumerate(zip(*(arm.turns for arm in arms), strict=False)) if all(turns)]
    if not whole or not all(_timed(arm, number, parts) for arm in arms for number in whole):
        return None
    figure = np.median if measurement.same_inputs else np.mean
    columns = [
        np.array([figure([_spent_s(laps, parts) for laps in arm.laps[number]]) for number in whole], dtype=np.float64)
        for arm in arms
    ]
    return columns[0], columns[1], columns[2]


def _timed(arm: Arm, number: int, parts: Sequence[str]) -> bool:
    return (
        number < len(arm.laps)
        and all(_spent_s(laps, parts) > 0 for laps in arm.laps[number])
        and bool(arm.laps[number])
    )


def _spent_s(laps: Sequence[Lap], parts: Sequence[str]) -> float:
    return sum(lap.spent_s for lap in laps if lap.part in parts)


def _called(laps: Sequence[Lap], part: str) -> int:
    return sum(lap.calls for lap in laps if lap.part == part)


def _first_audio_s(calls: Sequence[Sequence[Lap]], parts: Sequence[str]) -> float | None:
    firsts = [min((lap.first_s for lap in laps if lap.part in parts), default=None) for laps in calls]
    known = [first for first in firsts if first is not None]
    return statistics.median(known) if known else None


def _arithmetic(measurement: Measurement, part: str) -> float | None:
    operations = measurement.spoken.operations if measurement.spoken is not None else {}
    total = operations.get("", 0)
    return operations.get(part, 0) / total if total else None
