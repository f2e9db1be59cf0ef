"""The memory cap of a worker on a card. Not measured on a GPU yet: written against a fake card."""

from __future__ import annotations

from typing import Any

from jitgate.model.error_words import shortly
from jitgate.model.errors import UsageError
from jitgate.model.memory_peaks import CapFacts
from jitgate.model.size import mib
from jitgate.worker.memory_cap import LEAST_BYTES, Cap

CARD_STATE = {
    "allocated_bytes.all.current": "allocated_bytes",
    "allocated_bytes.all.peak": "peak_allocated_bytes",
    "reserved_bytes.all.current": "reserved_bytes",
    "reserved_bytes.all.peak": "peak_reserved_bytes",
    "inactive_split_bytes.all.current": "split_and_unused_bytes",
    "num_alloc_retries": "retries_after_emptying_the_cache",
}
"""Of `torch.cuda.memory_stats`, what tells why an allocation failed."""


class CudaCap(Cap):
    """A process on a card: torch's allocator may reserve what the context leaves of the memory limit.

    The context is what the driver says is used more once it exists (NVML, `torch.cuda.device_memory_used`), less what
    the allocator has reserved then; nothing else may start on the card meanwhile, so workers start one after the other.
    Kernels that are loaded later, and libraries that allocate past torch (TensorRT), are not held. It stays on between
    requests: the suite's own bookkeeping is done in host memory. Not measured on a GPU yet.

    cuda: the module `torch.cuda`, or a fake of it (tests). Source: torch.cuda.set_per_process_memory_fraction; its
    fraction is of `total_memory` of the device's properties.
    """

    how: str | None = "torch.cuda.set_per_process_memory_fraction"

    def __init__(self, memory_limit_bytes: int, cuda: Any, device: str) -> None:
        self._memory_limit_bytes = memory_limit_bytes
        self._cuda = cuda
        self._device = device
        self._context_bytes = 0
        self._used_before = self._used()

    def begin(self) -> None:
        reserved = self._cuda.memory_reserved(self._device)
        self._context_bytes = max(0, self._used() - self._used_before - reserved)
        allowed = self._memory_limit_bytes - self._context_bytes
        if allowed < LEAST_BYTES:
            raise UsageError(
                f"--jitgate-memory-cap: an empty process on {self._device} takes {mib(self._context_bytes)} "
                f"(its context) of the memory limit of {mib(self._memory_limit_bytes)}, and a model needs at least "
                f"{mib(LEAST_BYTES)}; raise --jitgate-memory-limit"
            )
        total = self._cuda.get_device_properties(self._device).total_memory
        self._cuda.set_per_process_memory_fraction(min(1.0, allowed / total), self._device)

    def facts(self) -> CapFacts:
        return CapFacts(self._memory_limit_bytes, self.how, context_bytes=self._context_bytes)

    def state(self) -> dict[str, int]:
        return card_state(self._cuda, self._device, self._context_bytes)

    def uncapped(self) -> Cap | None:
        self._cuda.set_per_process_memory_fraction(1.0, self._device)
        self._cuda.empty_cache()
        return self

    def _used(self) -> int:
        try:
            return int(self._cuda.device_memory_used(self._device))
        except Exception as error:  # whatever NVML's binding raises: it is named
            raise UsageError(
                f"--jitgate-memory-cap on {self._device} needs the size of the context, and NVML does not say "
                f"how much memory of the card is in use ({shortly(error)}); "
                "python -m pip install nvidia-ml-py, or leave --jitgate-memory-cap out"
            ) from error


class UncappedCuda(Cap):
    """A card whose own size is the only cap."""

    def __init__(self, cuda: Any, device: str) -> None:
        self._cuda = cuda
        self._device = device

    def state(self) -> dict[str, int]:
        free, total = self._cuda.mem_get_info(self._device)
        return card_state(self._cuda, self._device, 0) | {"free_bytes": int(free), "total_bytes": int(total)}


def card_state(cuda: Any, device: str, context_bytes: int) -> dict[str, int]:
    """What torch's allocator says of itself; `level_bytes` is what it has reserved, and the context."""
    stats = cuda.memory_stats(device)
    state = {called: int(stats[name]) for name, called in CARD_STATE.items() if name in stats}
    return {"level_bytes": int(cuda.memory_reserved(device)) + context_bytes, **state}
