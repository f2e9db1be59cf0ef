"""Holds a worker to the memory limit while the model's own code runs: what does not fit fails."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psutil

from jitgate.device.memory import HostMemory, MemoryReader
from jitgate.device.process_limit import ProcessLimit, holds
from jitgate.model.errors import UsageError
from jitgate.model.memory_peaks import CapFacts

LEAST_BYTES = 32 << 20
"""A limit below this caps the worker and not the model: one thread's stack (8 MiB), one arena of Python's (1 MiB),
one library's data and the heap's own steps already come near it. On a card it is what the context leaves: the
allocator takes 2 MiB for small tensors and 20 MiB for others at a time."""

GRAIN = 32768
"""Elements that torch gives one thread at least (at::internal::GRAIN_SIZE)."""

SPARE = 0.5
"""Of the memory that the machine has free: other processes run too, and the kernel kills one that takes the rest."""


class Cap:
    """What holds a worker to its memory limit; this one enforces nothing. how: by what, None where nothing is."""

    how: str | None = None

    def begin(self) -> None:
        """torch is there, and so is the context of a card: UsageError where the cap can't be enforced here."""

    def aim(self, before_bytes: int) -> None:
        """The model begins here; `before_bytes` is the level of memory before it. The cap holds from now on."""

    def held(self) -> contextlib.AbstractContextManager[None]:
        """The cap holds inside, once `aim` was called."""
        return contextlib.nullcontext()

    def lifted(self) -> contextlib.AbstractContextManager[None]:
        """Inside `held`, the cap does not hold inside this."""
        return contextlib.nullcontext()

    def facts(self) -> CapFacts | None:
        """What was enforced; None where nothing was."""
        return None

    def state(self) -> dict[str, int]:
        """The memory now, in bytes: `level_bytes` is what counts against the cap. For the report of a failure."""
        return {"resident_bytes": HostMemory().read().level_bytes}

    def uncapped(self) -> Cap | None:
        """In place of this one, a cap that leaves as much as the machine can spare; None where that is no more."""
        return None

    def refused_early(self, needed_bytes: int) -> bool:  # noqa: ARG002 - for caps that refuse
        """Whether this cap refused what needs no more than the limit; counted in `facts`."""
        return False


class HostCap(Cap):
    """A process on the CPU under the system's own limit.

    The memory limit is about resident memory above the level before the model (see `Footprint`). Systems limit what was
    handed out instead, touched or not, and count neither mapped files nor shared memory. So the limit is set again
    before each request of the host: what is counted then, plus what the memory limit leaves above what is resident
    then. The two differ by no more than one request adds of either kind. Memory that is handed out but not touched is
    refused too early: a request that failed is therefore made again without the cap, and counts where its peak was
    within the limit (its cold figures are then those of the second time). Files that are mapped and read count one
    request too late. Torch's pool of threads is started before, since the stacks of its threads are handed out whole
    (8 MiB each) and hardly touched.

    The limit is of one process, and a child process starts with its parent's: each may take by itself what was left
    when it started. What children hold is resident memory of the model, and leaves the worker less in its next request.

    What is reserved in one request and touched in a later one gets past the cap; the peak is measured all the same, and
    the gate sees it.
    """

    def __init__(
        self, memory_limit_bytes: int, limit: ProcessLimit, memory: MemoryReader, start_threads: Callable[[], object]
    ) -> None:
        """start_threads: starts every thread that calls may use."""
        self._memory_limit_bytes = memory_limit_bytes
        self._limit = limit
        self._memory = memory
        self._start_threads = start_threads
        self._before_bytes: int | None = None
        self._aim = _Aim(0, 0, 0)
        self._refused_early = 0
        self.how: str | None = limit.how

    def begin(self) -> None:
        if not holds(self._limit):
            raise UsageError(
                f"--jitgate-memory-cap: {self._limit.how} was set in a worker and did not hold (an old or "
                "emulated kernel, "
                "or one told to ignore it), so nothing is enforced here; leave --jitgate-memory-cap out"
            )

    def aim(self, before_bytes: int) -> None:
        self._before_bytes = before_bytes
        self._hold()

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        self._hold()
        try:
            yield
        finally:
            # First of all: reporting a failure takes memory too.
            self._limit.lift()

    @contextlib.contextmanager
    def lifted(self) -> Iterator[None]:
        self._limit.lift()
        try:
            yield
        finally:
            self._hold()

    def facts(self) -> CapFacts:
        return CapFacts(self._memory_limit_bytes, self._limit.how, self._refused_early)

    def state(self) -> dict[str, int]:
        counted = self._limit.counted_bytes()
        return {
            "level_bytes": self._aim.taken_bytes + max(0, counted - self._aim.counted_bytes),
            "resident_bytes": self._memory.read().level_bytes,
            "counted_bytes": counted,
            "limit_bytes": self._aim.limit_bytes,
        }

    def uncapped(self) -> Cap | None:
        limit_bytes = int(SPARE * psutil.virtual_memory().available)
        if limit_bytes <= self._memory_limit_bytes or self._before_bytes is None:
            return None
        cap = HostCap(limit_bytes, self._limit, self._memory, self._start_threads)
        cap._before_bytes = self._before_bytes
        return cap

    def refused_early(self, needed_bytes: int) -> bool:
        if needed_bytes > self._memory_limit_bytes:
            return False
        self._refused_early += 1
        return True

    def _hold(self) -> None:
        if self._before_bytes is None:
            return
        self._start_threads()
        taken = max(0, self._memory.read().level_bytes - self._before_bytes)
        counted = self._limit.counted_bytes()
        self._aim = _Aim(taken, counted, counted + max(0, self._memory_limit_bytes - taken))
        self._limit.set(self._aim.limit_bytes)


@dataclass(frozen=True)
class _Aim:
    """When the limit was last set: what the model had taken, and what was counted."""

    taken_bytes: int
    counted_bytes: int
    limit_bytes: int


def start_threads(torch: Any) -> None:
    """Let every thread of torch's pool run once: there is one for each `GRAIN` elements, up to the number set."""
    torch.ones(torch.get_num_threads() * GRAIN).add_(1)
