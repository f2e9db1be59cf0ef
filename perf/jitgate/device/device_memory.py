"""How full a device is as a whole, whoever holds its memory: what decides whether one more worker fits.

Source: NVML API Reference Guide, nvmlDeviceGetMemoryInfo. Per-process figures are not asked for: containers and WDDM
hide them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Protocol

import psutil

from jitgate.device import smi
from jitgate.device.container import memory_left
from jitgate.device.nvml import pynvml_or_none
from jitgate.device.reading import Missing, Reading, attempt, known

UNTOLD = Missing("the driver does not tell how much of the host's memory it uses in the card's place")


@dataclass(frozen=True)
class DeviceMemory:
    """Bytes. shared_bytes: host memory that the driver uses in the card's place (Windows, WSL), where it is told."""

    total_bytes: int
    used_bytes: int
    free_bytes: int
    shared_bytes: Reading[int] = UNTOLD


class DeviceMemoryReader(Protocol):
    """Reads the memory of one device as a whole."""

    def read(self) -> Reading[DeviceMemory]: ...

    def holders(self) -> Reading[frozenset[int]]:
        """Ids of the processes that compute on the device; in a container they may be its host's ids."""
        ...


class NvmlMemory:
    """One card, asked through NVML: some microseconds a reading, and no context on the card.

    uuid: the card's. module: `pynvml`, or a stand-in with the same functions (tests).
    """

    def __init__(self, uuid: str, module: Any = None) -> None:
        self._nvml = module or pynvml_or_none()
        self._handle: Reading[Any] = Missing("nvidia-ml-py is not installed")
        if self._nvml is not None:
            attempt(self._nvml.nvmlInit, self._nvml.NVMLError)
            self._handle = self._ask(lambda: self._nvml.nvmlDeviceGetHandleByUUID(uuid))

    @property
    def answers(self) -> bool:
        """Whether NVML knows the card."""
        return not isinstance(self._handle, Missing)

    def read(self) -> Reading[DeviceMemory]:
        if isinstance(self._handle, Missing):
            return self._handle
        info = self._ask(lambda: self._nvml.nvmlDeviceGetMemoryInfo(self._handle))
        return info if isinstance(info, Missing) else DeviceMemory(int(info.total), int(info.used), int(info.free))

    def holders(self) -> Reading[frozenset[int]]:
        if isinstance(self._handle, Missing):
            return self._handle
        return self._ask(
            lambda: frozenset(int(each.pid) for each in self._nvml.nvmlDeviceGetComputeRunningProcesses(self._handle))
        )

    def _ask(self, question: Callable[[], Any]) -> Reading[Any]:
        return attempt(question, self._nvml.NVMLError, AttributeError)


class SmiMemory:
    """One card, asked through nvidia-smi: a process a reading, and whole MiB. For machines without nvidia-ml-py."""

    def __init__(self, uuid: str, ask: smi.Ask | None = None) -> None:
        self._uuid = uuid
        self._ask = ask

    def read(self) -> Reading[DeviceMemory]:
        cards = smi.cards(self._ask)
        if isinstance(cards, Missing):
            return cards
        card = next((card for card in cards if card.uuid == self._uuid), None)
        if card is None:
            return Missing("nvidia-smi does not list the card")
        total, used, free = map(known, (card.memory_total_bytes, card.memory_used_bytes, card.memory_free_bytes))
        if total is None or used is None or free is None:
            return Missing("nvidia-smi does not tell the card's memory")
        return DeviceMemory(total, used, free)

    def holders(self) -> Reading[frozenset[int]]:
        cards = smi.cards(self._ask)
        if isinstance(cards, Missing):
            return cards
        processes = next((known(card.processes) for card in cards if card.uuid == self._uuid), None)
        if processes is None:
            return Missing("nvidia-smi does not list the processes on the card")
        return frozenset(process.pid for process in processes)


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
    if not card_uuid:
        return HostRoom()
    by_nvml = NvmlMemory(card_uuid)
    return by_nvml if by_nvml.answers else SmiMemory(card_uuid)


def strangers(seen: Reading[Collection[int]], ours: Collection[int]) -> bool:
    """Whether someone else is among `seen`. A container may show process ids of its host: then only numbers tell."""
    there, own = set(known(seen) or ()), set(ours)
    return bool(there - own) if there & own else len(there) > len(own)
