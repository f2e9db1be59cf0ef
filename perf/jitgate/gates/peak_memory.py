"""`variant.peak_memory <= memory_limit`: the peak stays within a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.gates.kind import Asked, GateKind, Judged, sentence
from jitgate.gates.memory_words import memory_words, parts_of_peak
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.size import format_bytes, parse_bytes
from jitgate.model.verdict import Figure
from jitgate.statistics import Outcome

if TYPE_CHECKING:
    from jitgate.config.policy import Policy

ALL, LOAD, STEADY = "peak_bytes", "load_peak_bytes", "steady_peak_bytes"
"""Of a worker's peaks: which a limit is about."""

SAID = {ALL: "Peak memory", LOAD: "Memory while loading", STEADY: "Memory of steady calls"}


class PeakKind(GateKind):
    """A limit of a peak, in bytes, judged in the process that took most."""

    question = "fits"

    def parse(self, value: object, where: str) -> float:
        return float(parse_bytes(value, f"{where}: {self.key}"))

    def label(self, limit: float, asked: Asked) -> str:  # noqa: ARG002 - a size says it all
        return f"{self.key}={format_bytes(limit).replace(' ', '')}"

    def phase(self, asked: Asked) -> str:
        """Which peak is meant."""
        raise NotImplementedError

    def figure(self, asked: Asked) -> Figure | None:
        peak = getattr(asked.samples.memory, self.phase(asked), None)
        return None if peak is None else Figure.exact(float(peak), format_bytes(peak))

    def judge(self, asked: Asked, limit: float) -> Judged:
        samples, phase = asked.samples, self.phase(asked)
        if samples.failure is not None:
            return Judged(Outcome.FAIL, sentence(samples.failure.sentence))
        memory = samples.memory or MemoryPeaks()
        peak, unreliable = getattr(memory, phase), memory.unreliable
        if peak is None:
            unread = "this platform gave no peak memory" if samples.memory else "the run ended before memory was read"
            return Judged(Outcome.INVALID, sentence(f"Nothing can be said about the limit: {unreliable or unread}"))
        said = f"{SAID[phase]} {format_bytes(peak)}"
        if unreliable:
            return Judged(Outcome.INVALID, sentence(f"{said} can't be believed: {unreliable}"))
        kinds = "".join(f"; {words}" for words in memory_words(memory))
        if peak <= limit:
            return Judged(Outcome.PASS, f"{said} is within {format_bytes(limit)}{kinds}.")
        over = format_bytes(peak - limit)
        return Judged(Outcome.FAIL, f"{said} is {over} above {format_bytes(limit)}{_blame(memory, peak)}{kinds}.")


class MaxMemory(PeakKind):
    """Of the whole process and its child processes; of steady calls where loading has a limit of its own.

    The figure is all that is resident, pages of mapped files included: a machine that can't hold them reads them from
    the disk in every call, and such calls were not measured. Reason and report tell the kinds apart.
    """

    key, attribute, fixture, heading = "max_memory", "peak_memory", "memory_limit", "peak memory"
    default_from = "memory_limit in [tool.jitgate] or --jitgate-memory-limit"

    def default(self, policy: Policy, asked: Asked) -> float | None:  # noqa: ARG002 - one for all cells
        return None if policy.memory_limit_bytes is None else float(policy.memory_limit_bytes)

    def phase(self, asked: Asked) -> str:
        return STEADY if asked.load_apart else ALL

    def column(self, asked: Asked, limit: float | None) -> str:
        peak = asked.samples.peak_bytes
        said = "-" if peak is None else format_bytes(peak)
        return said if limit is None else f"{said} of {format_bytes(limit)}"


class MaxLoadMemory(PeakKind):
    """The test exists only where a gate sets the limit; without one, `max_memory` holds for loading too."""

    key, attribute, fixture = "max_load_memory", "load_memory", "load_memory_limit"
    only_where_set = True

    def phase(self, asked: Asked) -> str:  # noqa: ARG002 - it is always the same
        return LOAD


def _blame(memory: MemoryPeaks, peak: int) -> str:
    """The parts of the peak, the largest first; nothing where the worker did not tell them."""
    steady, parts = memory.steady_peak_bytes, parts_of_peak(memory)
    if steady is None or not parts:
        return ""
    return f"; loading took it, steady calls need {format_bytes(steady)}" if peak > steady else f"; of it {parts}"
