"""What a worker's memory holds now, and its peak."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil


@dataclass(frozen=True)
class Usage:
    """Bytes. peak_bytes: None where the platform does not report it; no gate then passes on it."""

    level_bytes: int
    peak_bytes: int | None


class MemoryReader(Protocol):
    """Reads one kind of memory of this process."""

    def read(self) -> Usage: ...

    def reset_peak(self) -> bool:
        """Make the present level the peak; False where the platform can't."""
        ...


class HostMemory:
    """Resident memory of this process.

    Linux: VmRSS and VmHWM of /proc/self/status; writing 5 to /proc/self/clear_refs resets VmHWM (man 5 proc).
    Windows: the working set and its peak (psutil), which can't be reset. Elsewhere: the level only, and `ru_maxrss`.
    """

    def __init__(self, proc: Path = Path("/proc/self")) -> None:
        self._proc = proc
        self._process = psutil.Process()

    def read(self) -> Usage:
        status = self._proc / "status"
        if status.exists():
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
            if "VmRSS" in fields and "VmHWM" in fields:
                return Usage(_kib(fields["VmRSS"]), _kib(fields["VmHWM"]))
        info = self._process.memory_info()
        return Usage(int(info.rss), self._portable_peak(info))

    def reset_peak(self) -> bool:
        try:
            (self._proc / "clear_refs").write_text("5")
        except OSError:
            return False
        return True

    @staticmethod
    def _portable_peak(info: Any) -> int:
        if sys.platform == "win32":
            return int(info.peak_wset)
        import resource  # POSIX only, where psutil has no peak

        maxrss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return int(maxrss if sys.platform == "darwin" else maxrss * 1024)  # man getrusage: bytes on macOS, else KiB


class CudaMemory:
    """The caching allocator of one CUDA device: what it has reserved. Context and workspaces come on top
    (`DeviceMemoryAttribution`).

    cuda: the `torch.cuda` module, or a stand-in with the same functions (tests).
    """

    def __init__(self, cuda: Any, device: Any) -> None:
        self._cuda = cuda
        self._device = device

    def read(self) -> Usage:
        return Usage(
            int(self._cuda.memory_reserved(self._device)),
            int(self._cuda.max_memory_reserved(self._device)),
        )

    def allocated_bytes(self) -> int:
        """Bytes that tensors hold now."""
        return int(self._cuda.memory_allocated(self._device))

    def peak_allocated_bytes(self) -> int:
        """Most bytes that tensors held at once; below the reserved peak by what fragmentation and caching keep."""
        return int(self._cuda.max_memory_allocated(self._device))

    def reset_peak(self) -> bool:
        self._cuda.reset_peak_memory_stats(self._device)
        return True


def _kib(field: str) -> int:
    return int(field.split(maxsplit=1)[0]) * 1024
