"""A limit on this process's own memory that the system enforces: it refuses what is above, and kills nothing."""

from __future__ import annotations

import errno
import mmap
import sys
from pathlib import Path
from typing import Any, Protocol

from jitgate.device.reading import Missing, Reading

PROOF_BYTES = 1 << 20
"""Left free while the limit is tried out: this process keeps running and needs a few pages itself."""


class ProcessLimit(Protocol):
    """One way to limit the memory of this process. how: its name."""

    how: str

    def counted_bytes(self) -> int:
        """What the system now counts against the limit."""
        ...

    def set(self, limit_bytes: int) -> None:
        """Refuse allocations beyond `limit_bytes` counted ones. OSError where the system does not accept the limit."""
        ...

    def lift(self) -> None:
        """Restore the limit from before the first `set`."""
        ...

    def refuses(self, size_bytes: int) -> bool:
        """Whether the system refuses this many bytes more; they are not touched, and freed at once."""
        ...


class DataLimit:
    """RLIMIT_DATA: private writable memory, whether it is touched or not (man 2 setrlimit; since Linux 4.7).

    It counts the heap, anonymous maps, writable private maps of files and the stacks of threads; it does not count what
    is reserved without access (the arenas of malloc), shared memory, or files that are only read (weights in a mapped
    file, code). VmData of /proc/self/status (man 5 proc) is the figure that the kernel compares; psutil has only an
    approximation.

    resource: the module of that name, or a stand-in (tests).
    """

    how = "RLIMIT_DATA"

    def __init__(self, resource: Any, proc: Path = Path("/proc/self")) -> None:
        self._resource = resource
        self._status = proc / "status"
        self._before = resource.getrlimit(resource.RLIMIT_DATA)

    def counted_bytes(self) -> int:
        line = next(line for line in self._status.read_text().splitlines() if line.startswith("VmData:"))
        return int(line.split()[1]) * 1024

    def set(self, limit_bytes: int) -> None:
        soft, hard = self._before
        stricter = [limit for limit in (soft, hard) if limit != self._resource.RLIM_INFINITY]
        # The hard limit stays, or the soft one could never be lifted again.
        self._resource.setrlimit(self._resource.RLIMIT_DATA, (min([limit_bytes, *stricter]), hard))

    def lift(self) -> None:
        self._resource.setrlimit(self._resource.RLIMIT_DATA, self._before)

    def refuses(self, size_bytes: int) -> bool:
        if sys.platform == "win32":
            raise NotImplementedError("Windows has no private anonymous maps; see job_object")
        try:
            mmap.mmap(-1, size_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
        except OSError as error:
            if error.errno != errno.ENOMEM:
                raise
            return True
        return False


def why_no_limit(proc: Path = Path("/proc/self")) -> str | None:
    """Why nothing on this platform limits a process's memory; None where something should. Changes nothing."""
    if sys.platform == "win32" or (_resource() is not None and (proc / "status").exists()):
        return None
    return f"{sys.platform} does not enforce a limit on a process's memory; Linux and Windows do"


def process_limit(proc: Path = Path("/proc/self")) -> Reading[ProcessLimit]:
    """The limit that this platform has, not set yet; Missing, with the reason, where there is none."""
    missing = why_no_limit(proc)
    if missing is not None:
        return Missing(missing)
    if sys.platform == "win32":
        from jitgate.device.job_object import job_limit

        return job_limit()
    return DataLimit(_resource(), proc)


def _resource() -> Any:
    """The module `resource`; None where it, or the limit in question, does not exist."""
    try:
        import resource
    except ImportError:
        return None
    return resource if hasattr(resource, "RLIMIT_DATA") else None


def holds(limit: ProcessLimit) -> bool:
    """Try it out: does the system refuse more while it is set, and allow it when it is lifted?

    Kernels before 4.7, those started with `ignore_rlimit_data`, and sandboxes that only imitate Linux accept the limit
    and do not enforce it.
    """
    try:
        limit.set(limit.counted_bytes() + PROOF_BYTES)
        refused = limit.refuses(2 * PROOF_BYTES)
    except OSError:
        refused = False
    finally:
        limit.lift()
    return refused and not limit.refuses(2 * PROOF_BYTES)
