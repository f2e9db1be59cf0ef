"""How full a device is as a whole, whichever process holds its memory: this decides whether one more worker fits.

Source: NVML API Reference Guide, nvmlDeviceGetMemoryInfo. Per-process figures are not used: containers and WDDM hide
them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol

import psutil

from jitgate.device.container import memory_left
from jitgate.device.families import families
from jitgate.device.nvml import NvmlCard
from jitgate.device.reading import Missing, Reading, each, known

NOT_REPORTED = Missing("the driver does not report how much of the host's memory it uses in the card's place")


@dataclass(frozen=True)
class DeviceMemory:
    """Bytes. shared_bytes: host memory that the driver uses in the card's place (Windows, WSL), where reported."""

    total_bytes: int
    used_bytes: int
    free_bytes: int
    shared_bytes: Reading[int] = NOT_REPORTED


class DeviceMemoryReader(Protocol):
    """Reads the memory of one device as a whole."""

    def read(self) -> Reading[DeviceMemory]: ...

    def holders(self) -> Reading[frozenset[int]]:
        """Ids of the processes that compute on the device; in a container they may be its host's ids."""
        ...


class NvmlMemory:
    """One card through NVML: some microseconds a reading, and no context on the card.

    uuid: the card's. module: `pynvml`, or a stand-in with the same functions (tests).
    """

    def __init__(self, uuid: str, module: Any = None) -> None:
        self._card = NvmlCard(uuid, module)

    def read(self) -> Reading[DeviceMemory]:
        info = self._card.ask(lambda nvml, card: nvml.nvmlDeviceGetMemoryInfo(card))
        return each(info, lambda seen: DeviceMemory(int(seen.total), int(seen.used), int(seen.free)))

    def holders(self) -> Reading[frozenset[int]]:
        return self._card.compute_processes()


class HostRoom:
    """The host's memory, as far as this process may use it: a container's limit counts where it is the tighter one."""

    def __init__(self, left: Callable[[], int | None] = memory_left) -> None:
        self._left = left

    def read(self) -> Reading[DeviceMemory]:
        memory = psutil.virtual_memory()
        total, free = int(memory.total), int(memory.available)
        left = self._left()
        if left is not None and left < free:
            free = left
        return DeviceMemory(total, total - free, free, Missing("a host has no other memory to fall back on"))

    def holders(self) -> Reading[frozenset[int]]:
        return Missing("every process of a machine has its share of the host's memory")


def memory_of(card_uuid: str) -> DeviceMemoryReader:
    """The reader of the card with that UUID; of the host where it is empty."""
    return NvmlMemory(card_uuid) if card_uuid else HostRoom()


def strangers(seen: Reading[Collection[int]], ours: Collection[int]) -> bool:
    """Whether `seen` holds processes of others than `ours` and those below them.

    A container may show its host's process ids: then the count decides, and a child of ours on the card is a stranger.
    """
    there, own = set(known(seen) or ()), set(ours)
    if not there & own:
        return len(there) > len(own)
    return bool(there - own) and bool(there - own - {below for each in families(own).values() for below in each})
