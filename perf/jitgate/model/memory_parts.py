"""Of what kind memory is, and what of it processes below the worker hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class MemoryParts:
    """Resident bytes by kind. own: private to the processes, and gone with them (heap, stacks, changed copies).

    mapped: pages of files (weights that are mapped, code), which the system can read again. shared: shared memory.
    """

    own_bytes: int = 0
    mapped_bytes: int = 0
    shared_bytes: int = 0

    @property
    def total_bytes(self) -> int:
        """All kinds together."""
        return self.own_bytes + self.mapped_bytes + self.shared_bytes

    def __add__(self, other: MemoryParts) -> MemoryParts:
        return MemoryParts(
            self.own_bytes + other.own_bytes,
            self.mapped_bytes + other.mapped_bytes,
            self.shared_bytes + other.shared_bytes,
        )

    def above(self, other: MemoryParts) -> MemoryParts:
        """What is more than in `other`; 0 where it is less."""
        return MemoryParts(
            max(0, self.own_bytes - other.own_bytes),
            max(0, self.mapped_bytes - other.mapped_bytes),
            max(0, self.shared_bytes - other.shared_bytes),
        )


@dataclass(frozen=True)
class ChildMemory:
    """Processes below the worker. held_bytes, peak_bytes: what `count` of them hold now and held at most, on top of
    the worker. helpers: those of torch and Python, name -> bytes; they are in no other figure. unread: some started and
    ended so quickly that what they held is not known.
    """

    count: int
    held_bytes: int
    peak_bytes: int
    helpers: Mapping[str, int] = field(default_factory=dict)
    unread: bool = False
