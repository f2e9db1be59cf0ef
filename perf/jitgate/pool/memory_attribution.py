"""What each worker has taken of a card, through torch or past it: kept by the host, from the card as a whole.

A worker's allocator does not know its CUDA context, kernels' code, cuDNN's and TensorRT's own memory; per-process
figures of the driver are hidden in containers and under WDDM. So the card's used memory is read before and after each
request, and requests that allocate go to one worker at a time. Not yet measured on a GPU.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from jitgate.device.device_memory import DeviceMemory, DeviceMemoryReader, strangers
from jitgate.device.reading import Missing, Reading, known
from jitgate.model.memory_peaks import MemoryKind, MemoryPeaks

MOVED_BYTES = 16 << 20
"""A level that moves by more between two requests is another process's doing; drivers round to 2 MiB."""


@dataclass
class _Account:
    """One worker. grown: of the card, in its own requests; outside: what of it is not the allocator's; both bytes."""

    grown_bytes: int = 0
    outside_bytes: int | None = None
    unreliable: str | None = None


class DeviceMemoryAttribution:
    """One account a worker, by name. Without a reader (on a CPU) nothing is attributed and readings stay as they are.

    Processes that were on the card before the first worker (a desktop) are taken to keep what they have. One that
    comes later, and a level that moves while no worker is asked, make a reading "not exclusive".
    """

    def __init__(self, reader: DeviceMemoryReader | None = None) -> None:
        self._reader = reader
        self._accounts: dict[str, _Account] = {}
        self._known_pids: frozenset[int] | None = None
        self._calm_bytes: int | None = None

    @property
    def one_at_a_time(self) -> bool:
        """Whether workers must allocate one after the other, so that each reading is of one worker."""
        return self._reader is not None

    def add(self, name: str) -> None:
        """A new process of that name: it has nothing yet."""
        self._accounts[name] = _Account()

    def invalidate(self) -> None:
        """A turn or the end of a worker may have moved the card's level outside of an attributed request."""
        self._calm_bytes = None

    @contextmanager
    def attributed(self, names: Collection[str], pids: Collection[int]) -> Iterator[None]:
        """What the card gains meanwhile is of the one worker in `names`; of several it is not known whose it is.

        pids: of all our workers, to tell strangers.
        """
        if self._reader is None or not names:
            yield
            return
        before, strange = self._reader.read(), self._strangers(pids)
        moved = self._calm_bytes is not None and abs(_used(before) - self._calm_bytes) > MOVED_BYTES
        yield
        after = self._reader.read()
        strange = strange or self._strangers(pids)
        self._calm_bytes = None if isinstance(after, Missing) else after.used_bytes
        for name in names:
            account = self._accounts.setdefault(name, _Account())
            if isinstance(before, Missing) or isinstance(after, Missing):
                account.unreliable = f"the card's memory could not be read ({_why(before) or _why(after)})"
            elif len(names) > 1:
                account.unreliable = "not exclusive: another worker allocated at the same time"
            else:
                account.grown_bytes += after.used_bytes - before.used_bytes
            if strange:
                account.unreliable = account.unreliable or "not exclusive: another process came to the card"
            if moved:
                account.unreliable = account.unreliable or "not exclusive: the card's memory moved between two requests"

    def note_allocator(self, name: str, held_bytes: int) -> None:
        """After a call: of what the worker took of the card, its allocator holds `held_bytes`; the rest is outside."""
        account = self._accounts.get(name)
        if self._reader is not None and account is not None:
            # The largest of several: later the allocator may have grown in turns, which are not attributed.
            account.outside_bytes = max(account.outside_bytes or 0, account.grown_bytes - held_bytes)

    def outside_bytes(self, name: str) -> int:
        """What the worker's allocator does not know of, as far as it is known: context, workspaces, engines."""
        account = self._accounts.get(name)
        return 0 if account is None else account.outside_bytes or 0

    def grown_bytes(self, name: str) -> int:
        """What the card has gained by the worker's requests."""
        account = self._accounts.get(name)
        return 0 if account is None else account.grown_bytes

    def device_level(self, name: str, read: MemoryPeaks) -> MemoryPeaks:
        """A worker's reading of its allocator as one of the card: every peak with what the allocator does not know.

        A peak is None where the whole is not known.
        """
        if self._reader is None:
            return read
        account = self._accounts.get(name, _Account())
        outside = account.outside_bytes
        unread = "the card's memory was not read around a call" if outside is None else None
        # The allocator's first segment is the worker's too.
        more = (outside or 0) + (read.level_before_bytes or 0)

        def whole(peak: int | None) -> int | None:
            return None if outside is None or peak is None else peak + more

        return replace(
            read,
            peak_bytes=whole(read.peak_bytes),
            load_peak_bytes=whole(read.load_peak_bytes),
            steady_peak_bytes=whole(read.steady_peak_bytes),
            kind=MemoryKind.DEVICE,
            outside_bytes=outside,
            others_on_card=None if self._known_pids is None else len(self._known_pids),
            unreliable=account.unreliable or unread,
        )

    def _strangers(self, pids: Collection[int]) -> bool:
        seen = known(self._reader.holders()) if self._reader is not None else None
        if seen is None:
            return False
        if self._known_pids is None:
            self._known_pids = frozenset(seen) - frozenset(pids)
        return strangers(seen - self._known_pids, pids)


def _used(reading: Reading[DeviceMemory]) -> int:
    return 0 if isinstance(reading, Missing) else reading.used_bytes


def _why(reading: Reading[DeviceMemory]) -> str:
    return reading.why if isinstance(reading, Missing) else ""
