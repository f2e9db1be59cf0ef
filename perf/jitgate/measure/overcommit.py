"""Was the device's own memory used, or did the driver lend the host's?

The case that founded this project: two engines of 2.4 GB each on a card of 4 GB, under Windows. The driver pages to
system memory without an error ("CUDA - Sysmem Fallback Policy"), calls take ten times as long, and the code is blamed.
Linux' own driver has no such fallback: there an allocation fails. Not yet measured on a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from jitgate.device.device_memory import DeviceMemory, DeviceMemoryReader
from jitgate.device.reading import Missing, Reading, known
from jitgate.model.size import format_bytes

LENT_BYTES = 64 << 20
"""Growth of shared memory up to this is pinned buffers, which every CUDA program has."""

NEARLY_FULL = 0.95
"""Of a card's memory: WDDM keeps some of it to itself, so that paging begins before the last byte."""

CLIFF = 3.0
"""Times as long as the same worker's fastest turn. Memory behind PCIe is many times slower (an RTX 2050 reads its own
at 112 GB/s, eight lanes of PCIe 4.0 carry 16 GB/s); a card that is hot slows down, but not to a third."""


class Overcommit:
    """Checks after every round. reader: of the device. outside: worker -> bytes that its allocator does not know of.

    before: read when there was no worker.
    """

    def __init__(
        self, reader: DeviceMemoryReader, before: Reading[DeviceMemory], outside: Callable[[str], int] = lambda _: 0
    ) -> None:
        self._reader = reader
        self._lent = known(before.shared_bytes) if isinstance(before, DeviceMemory) else None
        self._outside = outside
        self._fastest_s: dict[str, float] = {}

    def cause(self, held_bytes: Mapping[str, int], call_s: Mapping[str, float]) -> str | None:
        """Why the last round, and perhaps earlier ones, can't be believed; None where all memory was the device's own.

        held_bytes: resident worker -> what its allocator holds. call_s: worker -> a call's duration in that round;
        empty where one round's calls are not like another's.
        """
        slowed = self._slowed(call_s)
        now = self._reader.read()
        if isinstance(now, Missing):
            return None
        wanted = sum(held + self._outside(name) for name, held in held_bytes.items())
        if wanted > now.total_bytes:
            return _said(
                f"{len(held_bytes)} workers hold {format_bytes(wanted)} on a card of {format_bytes(now.total_bytes)}"
            )
        full = now.used_bytes >= NEARLY_FULL * now.total_bytes
        lent = known(now.shared_bytes)
        if full and lent is not None and self._lent is not None and lent - self._lent > LENT_BYTES:
            return _said(
                f"the card is full, and the driver has put {format_bytes(lent - self._lent)} into the host's memory"
            )
        if full and slowed is not None:
            return _said(f"the card is full, and calls of {slowed} take over {CLIFF:g} times as long as before")
        return None

    def _slowed(self, call_s: Mapping[str, float]) -> str | None:
        found = None
        for name, seconds in call_s.items():
            fastest = self._fastest_s.get(name, seconds)
            if seconds > CLIFF * fastest:
                found = found or name
            self._fastest_s[name] = min(fastest, seconds)
        return found


def _said(what: str) -> str:
    return (
        f"memory overcommitted: {what}, so times show paging and not the code; free the card, or keep one worker "
        "resident at a time (--jitgate-residency exclusive)"
    )
