"""May all workers live at once, or do they take their turns one resident at a time?

What must fit where:

- On a CPU a ceiling is a limit of each worker: it stands for somebody's card, and says nothing of this host. All
  processes together must fit the host's free memory.
- On a card the workers together must fit its free memory, and the ceiling as well where there is one: the ceiling
  stands for a whole card, which two engines would have to share.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from perf.probes.device_memory import DeviceMemory
from perf.probes.reading import Missing, Reading

SLACK = 0.05
"""Of the room, left free: a card filled to its last byte pages, and no peak is the last run's to the byte."""

GIB = 1 << 30


class Residency(enum.StrEnum):
    """What was asked for."""

    AUTO = "auto"
    TOGETHER = "together"
    ALONE = "alone"


@dataclass(frozen=True)
class Room:
    """How many bytes there are for all workers, and whose they are."""

    size_bytes: int
    said: str


@dataclass(frozen=True)
class Seating:
    """alone: one worker at a time. note: what a reader has to know of it; None where nothing is unusual."""

    alone: bool = False
    note: str | None = None


def room(device: str, free: Reading[DeviceMemory], ceiling_bytes: int | None) -> Reading[Room]:
    """What workers on `device` may take together; `free` is read before the first of them starts."""
    if not device.startswith("cuda"):
        return free if isinstance(free, Missing) else Room(free.free_bytes, "memory that the host has free")
    rooms = [] if isinstance(free, Missing) else [Room(free.free_bytes, "memory that the card has free")]
    if ceiling_bytes is not None:
        rooms.append(Room(ceiling_bytes, "the ceiling, which stands for a whole card"))
    if rooms:
        return min(rooms, key=lambda each: each.size_bytes)
    return free if isinstance(free, Missing) else Missing("nothing limits it")


def seat(wish: Residency, needs: Mapping[str, int], there: Reading[Room]) -> Seating:
    """Decide. needs: worker -> bytes that it is predicted to take, as a whole, at most.

    Where nothing is known of the room, workers stay together: what then goes wrong is seen by `Overcommit`.
    """
    if len(needs) < 2:
        return Seating()
    crowd = f"{len(needs)} workers would need about {_gib(sum(needs.values()))}"
    if isinstance(there, Missing):
        if wish is Residency.ALONE:
            return Seating(alone=True, note=_alone("as --perf-residency alone asked"))
        return Seating(note=f"whether all workers fit together is not known: {there.why}")
    fits = sum(needs.values()) <= (1 - SLACK) * there.size_bytes
    against = f"{crowd}, and there are {_gib(there.size_bytes)} ({there.said})"
    if wish is Residency.ALONE:
        return Seating(alone=True, note=_alone("as --perf-residency alone asked"))
    if fits:
        return Seating()
    if wish is Residency.TOGETHER:
        return Seating(note=f"workers were resident together, as --perf-residency together asked, although {against}")
    return Seating(alone=True, note=_alone(against))


def _alone(why: str) -> str:
    return (
        f"one worker was resident at a time, in blocks of mirrored order (ABBA), each in a process of its own: {why}; "
        "a block's calls begin when they are steady, and count as one figure"
    )


def _gib(size: int) -> str:
    return f"{size / GIB:.2f} GiB"
