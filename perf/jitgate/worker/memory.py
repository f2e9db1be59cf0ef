"""Memory of a variant: the level before it, peaks while it loads and while it runs, what stays between calls."""

from __future__ import annotations

import gc
from contextlib import AbstractContextManager
from dataclasses import replace

from jitgate.device.memory import CudaMemory, MemoryReader
from jitgate.device.process_tree import TreeMemory
from jitgate.model.memory_parts import MemoryParts
from jitgate.model.memory_peaks import MemoryKind, MemoryPeaks
from jitgate.worker.memory_cap import Cap


class Footprint:
    """Bytes above the level before the model was built. `reader` is the memory that must fit, `cap` what limits it.

    On a CPU that is all that the process and its children have resident (`TreeMemory`). On CUDA it is the caching
    allocator's; what else a worker takes of the card only the host can tell (`DeviceMemoryAttribution`).
    """

    def __init__(self) -> None:
        self._host = TreeMemory()
        self.reader: MemoryReader = self._host
        self.cap: Cap = Cap()
        self.before_bytes = 0
        self._parts_before = MemoryParts()
        self._cold_peak: int | None = 0

    def mark(self) -> None:
        """What is there now is not the model's."""
        gc.collect()
        self.reader.reset_peak()
        self.before_bytes = self.reader.read().level_bytes
        self._parts_before = self._host.parts()
        self.cap.aim(self.before_bytes)

    def loaded(self) -> None:
        """Loading and the first call end here; their peak is kept."""
        peak = self.peak_bytes()
        self._cold_peak = max(peak, self._cold_peak or 0) if peak is not None else None

    def watched(self) -> AbstractContextManager[None]:
        """For an untimed call: what its child processes hold is sampled meanwhile."""
        return self._host.watched()

    def level_bytes(self) -> int:
        """Memory now, of all owners."""
        return self.reader.read().level_bytes

    def peaks(self) -> MemoryPeaks:
        """Of loading and the first call, of steady calls, and the larger of both.

        A caching allocator keeps what calls gave back, so that on CUDA activations are told by what tensors held.
        """
        steady, cold = self.peak_bytes(), self._cold_peak
        resident = max(0, self.level_bytes() - self.before_bytes)
        found = MemoryPeaks(
            peak_bytes=None if steady is None or cold is None else max(steady, cold),
            load_peak_bytes=cold,
            steady_peak_bytes=steady,
            resident_bytes=resident,
            activation_bytes=None if steady is None else max(0, steady - resident),
            level_before_bytes=self.before_bytes,
            kind=MemoryKind.RESIDENT,
            cap=self.cap.facts(),
            parts=self._host.parts().above(self._parts_before),
            children=self._host.children(),
        )
        if not isinstance(self.reader, CudaMemory):
            return found
        held, most = self.reader.allocated_bytes(), self.reader.peak_allocated_bytes()
        return replace(
            found,
            kind=MemoryKind.RESERVED,
            reserved_peak_bytes=None if steady is None else steady + self.before_bytes,
            peak_allocated_bytes=most,
            activation_bytes=max(0, most - held),
            host_peak_bytes=self._host.read().peak_bytes,
        )

    def peak_bytes(self) -> int | None:
        """Most since the peak was last reset; None where the platform can't tell."""
        peak = self.reader.read().peak_bytes
        return None if peak is None else max(0, peak - self.before_bytes)
