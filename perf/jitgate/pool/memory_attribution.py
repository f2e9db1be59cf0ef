"""What each worker has put on a card, whoever allocated it there: kept by the host, from the card as a whole.

A worker's allocator does not know its CUDA context, kernels' code, cuDNN's and TensorRT's own memory; per-process
figures of the driver are hidden in containers and under WDDM. So the card's used memory is read before and after each
request, and requests that allocate go to one worker at a time. Not yet measured on a GPU.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from jitgate.device.device_memory import DeviceMemory, DeviceMemoryReader, strangers
from jitgate.device.reading import Missing, Reading, known

PEAKS = ("peak_bytes", "load_peak_bytes", "steady_peak_bytes")
"""Of a worker's answer about its allocator: each is short of what lies beside it."""

STIR_BYTES = 16 << 20
"""A card whose level moves by more between two requests has someone else on it; drivers round to 2 MiB."""


@dataclass
class _Account:
    """One worker. grown: of the card, in its own requests; outside: what of it is not the allocator's; both bytes."""

    grown_bytes: int = 0
    outside_bytes: int | None = None
    doubt: str | None = None


class DeviceMemoryAttribution:
    """One account a worker, by name. Without a reader (on a CPU) nothing is attributed and answers stay as they are.

    Whoever computed on the card before the first worker (a desktop) is taken to keep what he has; who comes later, and
    a level that moves while nobody of ours is asked, make a reading "not exclusive".
    """

    def __init__(self, reader: DeviceMemoryReader | None = None) -> None:
        self._reader = reader
        self._accounts: dict[str, _Account] = {}
        self._settled: frozenset[int] | None = None
        self._calm_bytes: int | None = None

    @property
    def one_at_a_time(self) -> bool:
        """Whether workers have to allocate one after the other, for their readings to be their own."""
        return self._reader is not None

    def add(self, name: str) -> None:
        """A new process of that name: it has nothing yet."""
        self._accounts[name] = _Account()

    def invalidate(self) -> None:
        """Something of ours may have moved the card's level outside of a attributed request: a turn, a worker's end."""
        self._calm_bytes = None

    @contextmanager
    def attributed(self, names: Collection[str], pids: Collection[int]) -> Iterator[None]:
        """What the card gains meanwhile belongs to the one worker in `names`; to nobody for sure if there are more.

        pids: of all our workers, to tell strangers.
        """
        if self._reader is None or not names:
            yield
            return
        before, strange = self._reader.read(), self._strangers(pids)
        moved = self._calm_bytes is not None and abs(_used(before) - self._calm_bytes) > STIR_BYTES
        yield
        after = self._reader.read()
        strange = strange or self._strangers(pids)
        self._calm_bytes = None if isinstance(after, Missing) else after.used_bytes
        for name in names:
            account = self._accounts.setdefault(name, _Account())
            if isinstance(before, Missing) or isinstance(after, Missing):
                account.doubt = f"the card's memory could not be read ({_why(before) or _why(after)})"
            elif len(names) > 1:
                account.doubt = "not exclusive: another worker allocated at the same time"
            else:
                account.grown_bytes += after.used_bytes - before.used_bytes
            if strange:
                account.doubt = account.doubt or "not exclusive: another process came to the card"
            if moved:
                account.doubt = account.doubt or "not exclusive: the card's memory moved while no worker was asked"

    def settle(self, name: str, held_bytes: int) -> None:
        """After a call: of what the worker put on the card, its allocator holds `held_bytes`; the rest is beside it."""
        account = self._accounts.get(name)
        if self._reader is not None and account is not None:
            # The largest of several: later the allocator may have grown in turns, which are not attributed.
            account.outside_bytes = max(account.outside_bytes or 0, account.grown_bytes - held_bytes)

    def outside_bytes(self, name: str) -> int:
        """What of the worker lies beside its allocator, as far as it is known: context, workspaces, engines."""
        account = self._accounts.get(name)
        return 0 if account is None else account.outside_bytes or 0

    def grown_bytes(self, name: str) -> int:
        """What the card has gained by the worker's requests."""
        account = self._accounts.get(name)
        return 0 if account is None else account.grown_bytes

    def device_level(self, name: str, answer: dict[str, Any]) -> dict[str, Any]:
        """The worker's answer about its allocator as one about the card: every peak with what lies beside.

        `doubt` says why the figure can't be believed; a peak that is not known as a whole is None. `others_on_card`:
        how many processes were there before the first worker; None where the driver does not list them.
        """
        if self._reader is None:
            return answer
        account = self._accounts.get(name, _Account())
        outside = account.outside_bytes
        doubt = account.doubt or (None if outside is not None else "the card's memory was not read around a call")
        beside = (outside or 0) + int(
            answer.get("level_before_bytes") or 0
        )  # the allocator's first segment is ours too
        peaks = {peak: None if outside is None or answer.get(peak) is None else answer[peak] + beside for peak in PEAKS}
        others = None if self._settled is None else len(self._settled)
        facts = {"kind": "device", "outside_bytes": outside, "others_on_card": others}
        return answer | peaks | facts | ({"doubt": doubt} if doubt else {})

    def _strangers(self, pids: Collection[int]) -> bool:
        seen = known(self._reader.holders()) if self._reader is not None else None
        if seen is None:
            return False
        if self._settled is None:
            self._settled = frozenset(seen) - frozenset(pids)
        return strangers(seen - self._settled, pids)


def _used(reading: Reading[DeviceMemory]) -> int:
    return 0 if isinstance(reading, Missing) else reading.used_bytes


def _why(reading: Reading[DeviceMemory]) -> str:
    return reading.why if isinstance(reading, Missing) else ""
