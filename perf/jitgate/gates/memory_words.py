"""What kinds of memory a variant has, and what its child processes hold, in words."""

from __future__ import annotations

from collections.abc import Iterator

from jitgate.model.memory_parts import ChildMemory, MemoryParts
from jitgate.model.memory_peaks import MemoryPeaks
from jitgate.model.size import format_bytes, mib

NOTED_BYTES = 32 << 20
"""Files and shared memory below this are code of kernels, which every variant has."""


def memory_words(memory: MemoryPeaks) -> list[str]:
    """One clause each; none where a worker has no child processes, and nothing mapped that is worth a word."""
    return [*_of_parts(memory.parts or MemoryParts()), *_of_children(memory.children)]


def parts_of_peak(memory: MemoryPeaks) -> str:
    """`weights 300 MiB, activations 200 MiB, libraries and all else 5 MiB`: of the peak of steady calls, the largest
    first; "" where the worker did not tell them."""
    steady, activations, weights = memory.steady_peak_bytes, memory.activation_bytes, memory.weight_bytes
    if steady is None or activations is None or weights is None:
        return ""
    # On a card: the context and what libraries and engines allocate past torch. It is known by itself there.
    outside = memory.outside_bytes or 0
    rest = max(0, steady - activations - weights - outside)
    parts = {"activations": activations, "weights": weights, "libraries and all else": rest}
    if outside:
        parts["context and workspaces"] = outside
    ordered = sorted(parts.items(), key=lambda part: -part[1])
    return ", ".join(f"{name} {format_bytes(size)}" for name, size in ordered)


def _of_parts(parts: MemoryParts) -> Iterator[str]:
    if parts.mapped_bytes + parts.shared_bytes < NOTED_BYTES:
        return
    kinds = {"mapped file": parts.mapped_bytes, "own": parts.own_bytes, "shared memory": parts.shared_bytes}
    told = [f"{mib(size)} {kind}" for kind, size in kinds.items() if size or kind == "own"]
    yield f"{', '.join(told)} between calls"


def _of_children(children: ChildMemory | None) -> Iterator[str]:
    if children is None:
        return
    if children.count:
        processes = "1 child process holds" if children.count == 1 else f"{children.count} child processes hold"
        yield f"{processes} {mib(children.held_bytes)}, which is counted"
    if children.peak_bytes > children.held_bytes:
        yield f"child processes held {mib(children.peak_bytes)} at most, which is counted in the peak"
    for name, size in children.helpers.items():
        yield f"{name}: {mib(size)}, which is not counted"
    if children.unread:
        yield "child processes ended before they could be read, and what they held is not counted"
