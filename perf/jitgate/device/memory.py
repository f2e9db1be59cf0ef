"""What a worker's memory holds now, and its peak."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil

from jitgate.model.memory_parts import MemoryParts


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
        fields = self._status()
        if "VmRSS" in fields and "VmHWM" in fields:
            return Usage(_kib(fields["VmRSS"]), _kib(fields["VmHWM"]))
        info = self._process.memory_info()
        return Usage(int(info.rss), self._portable_peak(info))

    def parts(self) -> MemoryParts:
        """What is resident now, by kind: RssAnon, RssFile and RssShmem of /proc/self/status (man 5 proc).

        Elsewhere what this process has alone (psutil's `uss`) is its own, and all else counts as mapped.
        """
        fields = self._status()
        if all(name in fields for name in ("RssAnon", "RssFile", "RssShmem")):
            return MemoryParts(_kib(fields["RssAnon"]), _kib(fields["RssFile"]), _kib(fields["RssShmem"]))
        info = self._process.memory_full_info()
        own = min(int(info.uss), int(info.rss))
        return MemoryParts(own, int(info.rss) - own)

    def reset_peak(self) -> bool:
        try:
            (self._proc / "clear_refs").write_text("5")
        except OSError:
            return False
        return True

    def _status(self) -> dict[str, str]:
        try:
            lines = (self._proc / "status").read_text().splitlines()
        except OSError:
            return {}
        return dict(line.split(":", 1) for line in lines if ":" in line)

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
