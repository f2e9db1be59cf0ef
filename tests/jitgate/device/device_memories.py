"""A card whose driver lends the host's memory where its own is full, as Windows' does."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from jitgate.device.device_memory import DeviceMemory
from jitgate.device.reading import Missing, Reading

GIB = 1 << 30
PINNED = 20 << 20


@dataclass
class FakeCard:
    """holds: worker -> bytes of it, resident now. tells_shared: whether the driver says what it has lent.

    most_resident: how many workers held something at once, at most.
    """

    total_bytes: int = 4 * GIB
    desktop_bytes: int = 0
    tells_shared: bool = True
    holds: dict[str, int] = field(default_factory=dict)
    pids: Collection[int] = ()
    most_resident: int = 0

    def take(self, name: str, size_bytes: int) -> None:
        self.holds[name] = size_bytes
        self.most_resident = max(self.most_resident, len(self.holds))

    def give(self, name: str) -> None:
        del self.holds[name]

    @property
    def lent_bytes(self) -> int:
        return max(0, sum(self.holds.values()) + self.desktop_bytes - self.total_bytes)

    def read(self) -> Reading[DeviceMemory]:
        used = min(self.total_bytes, sum(self.holds.values()) + self.desktop_bytes)
        shared: Reading[int] = PINNED + self.lent_bytes if self.tells_shared else Missing("not told")
        return DeviceMemory(self.total_bytes, used, self.total_bytes - used, shared)

    def holders(self) -> Reading[frozenset[int]]:
        return frozenset(self.pids)
