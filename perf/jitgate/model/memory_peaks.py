"""What one worker took of memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from jitgate.model.memory_parts import ChildMemory, MemoryParts
from jitgate.model.str_enum import StrEnum

PEAKS = ("peak_bytes", "load_peak_bytes", "steady_peak_bytes")


class MemoryKind(StrEnum):
    """Which memory was read: of the process and its children, of torch's allocator on a card, or of the whole card."""

    RESIDENT = "resident"
    RESERVED = "cuda reserved"
    DEVICE = "device"


_ALWAYS = ("kind", *PEAKS, "resident_bytes", "activation_bytes", "level_before_bytes")
_ON_CARD = ("outside_bytes", "others_on_card")


@dataclass(frozen=True)
class CapFacts:
    """The memory cap that held. refused_early: requests that it refused and that fit when they were made again.

    context_bytes: of a card, what the context took of the limit.
    """

    enforced_bytes: int
    enforced_by: str | None = None
    refused_early: int | None = None
    context_bytes: int | None = None


@dataclass(frozen=True)
class EmptiedCache:
    """An allocator before and after its cache was emptied; None where the device's allocator keeps nothing."""

    before_bytes: int | None = None
    after_bytes: int | None = None
    allocated_bytes: int | None = None


@dataclass(frozen=True)
class MemoryPeaks:
    """Bytes above the level before the model was built; None where the platform can't tell.

    load_peak_bytes: of loading and the first call. steady_peak_bytes: of later calls. peak_bytes: the larger one.
    resident_bytes: what stays between calls. activation_bytes: what steady calls need above that.
    reserved_peak_bytes, peak_allocated_bytes, host_peak_bytes: of a card's allocator, of its tensors, of the process.
    outside_bytes: on a card, what the allocator does not know (context, workspaces, engines). others_on_card: processes
    that were there before the first worker; None where the driver does not list them. unreliable: why the figures
    can't be believed. weight_bytes: of the model. parts: of the process and its children, by kind, what was resident
    above the level before when this was read. children: None where there were none.
    """

    peak_bytes: int | None = None
    load_peak_bytes: int | None = None
    steady_peak_bytes: int | None = None
    activation_bytes: int | None = None
    resident_bytes: int | None = None
    level_before_bytes: int | None = None
    kind: MemoryKind | None = None
    reserved_peak_bytes: int | None = None
    peak_allocated_bytes: int | None = None
    host_peak_bytes: int | None = None
    weight_bytes: int | None = None
    outside_bytes: int | None = None
    others_on_card: int | None = None
    unreliable: str | None = None
    cap: CapFacts | None = None
    empty_cache: EmptiedCache | None = None
    parts: MemoryParts | None = None
    children: ChildMemory | None = None

    def as_json(self) -> dict[str, Any]:
        """What is known, and null for what every reading of this kind should tell and this one does not."""
        wanted = {"peak_bytes", *(_ALWAYS if self.kind else ()), *(_ON_CARD if self.kind is MemoryKind.DEVICE else ())}
        parts = {"cap", "empty_cache", "parts", "children"}
        own = {each.name: getattr(self, each.name) for each in fields(self) if each.name not in parts}
        found = {name: value for name, value in own.items() if value is not None or name in wanted}
        return (
            found
            | _known(self.cap)
            | _known(self.empty_cache, "empty_cache_")
            | _known(self.parts)
            | _known(self.children, "children_")
        )


def _known(part: CapFacts | EmptiedCache | MemoryParts | ChildMemory | None, prefix: str = "") -> dict[str, Any]:
    values: Mapping[str, Any] = {} if part is None else vars(part)
    return {f"{prefix}{name}": value for name, value in values.items() if value is not None}


def most_memory(processes: Sequence[MemoryPeaks | None]) -> MemoryPeaks | None:
    """Of one or more processes the one that took most, with the highest peak of each phase.

    Activations are those of the highest steady peak. None where a process was not read at all; a peak is None where one
    process lacks it; the whole is unreliable if one process is.
    """
    read = [each for each in processes if each is not None]
    if not read or len(read) < len(processes):
        return None
    largest = max(read, key=lambda each: each.peak_bytes or 0)
    busiest = max(read, key=lambda each: each.steady_peak_bytes or 0)
    return replace(
        largest,
        peak_bytes=highest([each.peak_bytes for each in read]),
        load_peak_bytes=highest([each.load_peak_bytes for each in read]),
        steady_peak_bytes=highest([each.steady_peak_bytes for each in read]),
        activation_bytes=busiest.activation_bytes,
        unreliable=next((each.unreliable for each in read if each.unreliable), None),
    )


def highest(peaks: Sequence[int | None]) -> int | None:
    """The largest of one or more processes; None where one of them could not be read, since it may be the largest."""
    read = [peak for peak in peaks if peak is not None]
    return max(read) if len(read) == len(peaks) else None
