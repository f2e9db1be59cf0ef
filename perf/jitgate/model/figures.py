"""Figures that stand beside the rounds: what comes once in a process, new lengths, and the work of a call."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jitgate.model.cold_start import ColdStart
from jitgate.pool.memory_attribution import PEAKS

WEIGHTS = {"fp16": 0.5, "bf16": 0.5, "int8": 0.25}
"""Precision -> bytes of a weight, against float32's. Under autocast weights stay float32 and are read as such."""

HALF_RESULTS = ("fp16", "bf16", "autocast-fp16", "autocast-bf16")
"""Precisions whose activations take half of float32's bytes."""


@dataclass(frozen=True)
class ProcessRun:
    """What one process gave once: its cold figures, its memory, its first calls in seconds."""

    cold_start: ColdStart
    memory: Mapping[str, Any] = field(default_factory=dict)
    warm_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class UnseenShape:
    """Seconds of the first call at a length that the process had not seen, and of calls there once it was known."""

    first_s: float
    known_s: tuple[float, ...]


@dataclass(frozen=True)
class UnseenShapes:
    """One entry a length. problem: what a call raised at a new length; the lengths before it count. untried: why there
    are fewer than there could be, where memory was short."""

    lengths: tuple[UnseenShape, ...] = ()
    problem: str | None = None
    untried: str | None = None


@dataclass(frozen=True)
class FlopCount:
    """What one call of a scenario has to do at least, in float32.

    flops: floating-point operations. parameter_bytes, activation_bytes: each counted once. RunSettings over the calls
    where they differ.
    """

    flops: float
    parameter_bytes: float
    activation_bytes: float

    def moved_bytes(self, precision: str) -> float:
        """Bytes that a call has to move in that precision."""
        results = 0.5 if precision in HALF_RESULTS else 1.0
        return WEIGHTS.get(precision, 1.0) * self.parameter_bytes + results * self.activation_bytes


def unseen_shapes(answer: Mapping[str, Any]) -> UnseenShapes:
    """From what a worker answered; {} gives none. A length whose clock stood still gives nothing to compare."""
    lengths = tuple(
        UnseenShape(first_s, tuple(known_s))
        for first_s, known_s in answer.get("lengths", ())
        if first_s > 0 and known_s and min(known_s) > 0 and math.isfinite(first_s)
    )
    return UnseenShapes(lengths, answer.get("problem"), answer.get("untried"))


def highest(peaks: Sequence[int | None]) -> int | None:
    """The largest of one or more processes; None where one of them could not be read, since it may be the largest."""
    read = [peak for peak in peaks if peak is not None]
    return max(read) if len(read) == len(peaks) else None


def most_memory(answers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of one or more processes the one that took most, with the highest peak of each phase.

    Activations are those of the highest steady peak. {} where a process was not read at all; None where one lacks a
    peak; in doubt if one is.
    """
    if not all(answers):
        return {}
    largest = max(answers, key=lambda answer: answer.get("peak_bytes") or 0)
    busiest = max(answers, key=lambda answer: answer.get("steady_peak_bytes") or 0)
    parts = {name: busiest[name] for name in ("activation_bytes",) if name in busiest}
    peaks = {name: highest([answer.get(name) for answer in answers]) for name in PEAKS if name in largest}
    doubts = [answer["doubt"] for answer in answers if answer.get("doubt")]
    return {**largest, **parts, **peaks, **({"doubt": doubts[0]} if doubts else {})}
