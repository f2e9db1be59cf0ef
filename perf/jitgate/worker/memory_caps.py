"""Which memory cap a worker runs under."""

from __future__ import annotations

import functools

from jitgate.device.process_limit import process_limit
from jitgate.device.process_tree import TreeMemory
from jitgate.device.reading import Missing
from jitgate.model.errors import UsageError
from jitgate.worker.card_memory_cap import CudaCap, UncappedCuda
from jitgate.worker.memory_cap import Cap, HostCap, start_threads


def cap_for(device: str, memory_limit_bytes: int | None) -> Cap:
    """The cap of a worker on `device`; UsageError where it can't be enforced. Made before a card's context is."""
    import torch

    if device.startswith("cuda"):
        if memory_limit_bytes is None:
            return UncappedCuda(torch.cuda, device)
        return CudaCap(memory_limit_bytes, torch.cuda, device)
    if memory_limit_bytes is None:
        return Cap()
    limit = process_limit()
    if isinstance(limit, Missing):
        raise UsageError(
            f"--jitgate-memory-cap: memory can't be capped here: {limit.why}; leave --jitgate-memory-cap out"
        )
    return HostCap(memory_limit_bytes, limit, TreeMemory(), functools.partial(start_threads, torch))
