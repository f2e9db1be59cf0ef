"""Gates on memory: does it fit, in which phase not, what took it, and does it keep growing?"""

from __future__ import annotations

import enum

from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.samples import Samples
from jitgate.model.size import format_bytes
from jitgate.statistics import Growth, Outcome

Verdict = tuple[Outcome, str]


class Phase(enum.StrEnum):
    """Which peak a limit is about; the value is its name in a worker's answer."""

    ALL = "peak_bytes"
    LOAD = "load_peak_bytes"
    STEADY = "steady_peak_bytes"


SAID = {Phase.ALL: "peak memory", Phase.LOAD: "memory while loading", Phase.STEADY: "memory of steady calls"}


def judge_memory(samples: Samples, limit_bytes: int, phase: Phase) -> Verdict:
    """Does the peak of that phase stay at or below the limit, in each of its processes?

    Where not, the reason names what took most of it.
    """
    if samples.failure is not None:
        return Outcome.FAIL, samples.failure.sentence
    memory = samples.memory or MemoryPeaks()
    peak = getattr(memory, phase.value)
    if peak is None:
        unread = "this platform gave no peak memory" if samples.memory else "the run ended before its memory was read"
        return Outcome.INVALID, f"{memory.doubt or unread}, so nothing can be said about the limit"
    if memory.doubt:
        return Outcome.INVALID, f"{SAID[phase]} seemed to be {format_bytes(peak)}, but {memory.doubt}"
    said = f"{SAID[phase]} {format_bytes(peak)}"
    if peak <= limit_bytes:
        return Outcome.PASS, f"{said} is within {format_bytes(limit_bytes)}"
    over = format_bytes(peak - limit_bytes)
    return Outcome.FAIL, f"{said} is {over} above {format_bytes(limit_bytes)}{_blame(memory, peak)}"


def judge_growth(samples: Samples) -> Verdict:
    """Does memory stay where it is once calls are warm?"""
    if samples.failure is not None:
        return Outcome.FAIL, samples.failure.sentence
    found = samples.growth
    if found is None:
        readings = sum(map(len, samples.levels))
        return Outcome.INCONCLUSIVE, f"{readings} readings are too few to see whether memory grows"
    if found.leaks:
        return Outcome.FAIL, (
            f"memory grows by {format_slope(found)} a call, all through {found.calls} calls: "
            "find what keeps hold of what a call makes"
        )
    return Outcome.PASS, f"memory did not keep growing over {found.calls} calls"


def format_slope(found: Growth) -> str:
    """Bytes a call as people say it."""
    return format_bytes(round(found.slope))


def _blame(memory: MemoryPeaks, peak: int) -> str:
    """The parts of the peak, the largest first; nothing where the worker did not tell them."""
    steady, activations, weights = memory.steady_peak_bytes, memory.activation_bytes, memory.weight_bytes
    if steady is None or activations is None or weights is None:
        return ""
    if peak > steady:
        return f"; loading took it, steady calls need {format_bytes(steady)}"
    # On a card: the context and what libraries and engines allocate past torch. It is known by itself there.
    outside = memory.outside_bytes or 0
    rest = max(0, peak - activations - weights - outside)
    parts = {"activations": activations, "weights": weights, "all else": rest}
    if outside:
        parts["context and workspaces"] = outside
    ordered = sorted(parts.items(), key=lambda part: -part[1])
    return "; of it " + ", ".join(f"{name} {format_bytes(size)}" for name, size in ordered)
