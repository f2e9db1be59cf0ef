"""Secondary figures: what comes once in a process, calls of unseen shapes, and the operations of a call."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jitgate.model.cold_start import ColdStart
from jitgate.model.memory_peaks import MemoryPeaks

WEIGHTS = {"fp16": 0.5, "bf16": 0.5, "int8": 0.25}
"""Precision -> bytes of a weight, against float32's. Under autocast weights stay float32 and are read as such."""

HALF_RESULTS = ("fp16", "bf16", "autocast-fp16", "autocast-bf16")
"""Precisions whose activations take half of float32's bytes."""


@dataclass(frozen=True)
class ProcessRun:
    """What one process gives once: its cold start, its memory, its first calls in seconds."""

    cold_start: ColdStart
    memory: MemoryPeaks | None = None
    warm_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class UnseenShape:
    """Seconds of the first call of a shape that the process had not seen, and of later calls of that shape."""

    first_s: float
    known_s: tuple[float, ...]


@dataclass(frozen=True)
class UnseenShapes:
    """One entry a shape. problem: what a call of a new shape raised; the shapes before it count. untried: why there are
    fewer than there could be, where memory was short.
    """

    lengths: tuple[UnseenShape, ...] = ()
    problem: str | None = None
    untried: str | None = None

    @classmethod
    def timed(
        cls,
        calls: Iterable[tuple[float, Sequence[float]]],
        problem: str | None = None,
        untried: str | None = None,
    ) -> UnseenShapes:
        """From (first_s, known_s) of each shape. Where the clock stood still there is nothing to compare."""
        lengths = tuple(
            UnseenShape(first_s, tuple(known_s))
            for first_s, known_s in calls
            if first_s > 0 and known_s and min(known_s) > 0 and math.isfinite(first_s)
        )
        return cls(lengths, problem, untried)


@dataclass(frozen=True)
class FlopCount:
    """The least that one call of a scenario must do, in float32.

    flops: floating-point operations. parameter_bytes, activation_bytes: each counted once. Means, where calls differ.
    """

    flops: float
    parameter_bytes: float
    activation_bytes: float

    def moved_bytes(self, precision: str) -> float:
        """Bytes that a call must move in that precision."""
        results = 0.5 if precision in HALF_RESULTS else 1.0
        return WEIGHTS.get(precision, 1.0) * self.parameter_bytes + results * self.activation_bytes
