"""May all workers live at once, or some at a time, or do they take their turns one resident at a time?

What must fit where:

- On a CPU a ceiling is a limit of each worker: it stands for somebody's card, and says nothing of this host. All
  processes together must fit the host's free memory.
- On a card the workers together must fit its free memory, and the ceiling as well where there is one: the ceiling
  stands for a whole card, which two engines would have to share.

Where all do not fit, but each with a baseline and a control does, a CPU takes them in parties, one after the other,
with a baseline and a control of its own in each: every comparison stays within one. On a card workers then live alone:
what two engines do beside each other on a full one, paging included, is not what either does.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from jitgate.device.device_memory import DeviceMemory
from jitgate.device.reading import Missing, Reading

SLACK = 0.05
"""Of the room, left free: a card filled to its last byte pages, and no peak is the last run's to the byte."""

MOST = 12
"""Workers of a party, where there have to be several: a round of more keeps those apart for long that are compared, and
what an engine takes at most is a guess before it has run once."""

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
    """alone: one worker at a time. parties: who lives together, where there are several; whom others are compared with
    are in each. note: what a reader has to know of it; None where nothing is unusual.
    """

    alone: bool = False
    note: str | None = None
    parties: tuple[tuple[str, ...], ...] = ()


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


def seat(
    wish: Residency, needs: Mapping[str, int], there: Reading[Room], anchors: Collection[str] | None = None
) -> Seating:
    """Decide. needs: worker -> bytes that it is predicted to take, as a whole, at most. anchors: workers that every
    party needs, since others are compared with them; None where there may be no parties.

    Where nothing is known of the room, workers stay together: what then goes wrong is seen by `Overcommit`.
    """
    if len(needs) < 2:
        return Seating()
    crowd = f"{len(needs)} workers would need about {_gib(sum(needs.values()))}"
    if isinstance(there, Missing):
        if wish is Residency.ALONE:
            return Seating(alone=True, note=_alone("as --jitgate-residency exclusive asked"))
        return Seating(note=f"whether all workers fit together is not known: {there.why}")
    size = (1 - SLACK) * there.size_bytes
    fits = sum(needs.values()) <= size
    against = f"{crowd}, and there are {_gib(there.size_bytes)} ({there.said})"
    if wish is Residency.ALONE:
        return Seating(alone=True, note=_alone("as --jitgate-residency exclusive asked"))
    if fits:
        return Seating()
    if wish is Residency.TOGETHER:
        return Seating(
            note=f"workers were resident together, as --jitgate-residency concurrent asked, although {against}"
        )
    parties = () if anchors is None else _parties(needs, size, anchors)
    if parties:
        return Seating(note=_in_parties(parties, anchors or (), against), parties=parties)
    return Seating(alone=True, note=_alone(against))


def _parties(needs: Mapping[str, int], size: float, anchors: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """As few as a first fit finds, in the order of `needs`; none where one does not even fit beside the anchors."""
    always = [name for name in needs if name in anchors]
    left = size - sum(needs[name] for name in always)
    others = [name for name in needs if name not in anchors]
    if not others or max(needs[name] for name in others) > left:
        return ()
    parties: list[list[str]] = []
    for name in others:
        for party in parties:
            fits = sum(needs[each] for each in party) + needs[name] <= left
            if fits and len(always) + len(party) < MOST:
                party.append(name)
                break
        else:
            parties.append([name])
    return tuple((*always, *party) for party in parties)


def _in_parties(parties: tuple[tuple[str, ...], ...], anchors: Collection[str], why: str) -> str:
    said = "; ".join(", ".join(name for name in party if name not in anchors) for party in parties)
    return (
        f"workers were resident in {len(parties)} parties, one after the other, each with a baseline and a control of "
        f"its own, within which all is compared: {why}. Parties: {said}"
    )


def _alone(why: str) -> str:
    return (
        f"one worker was resident at a time, in blocks of mirrored order (ABBA), each in a process of its own: {why}; "
        "a block's calls begin when they are steady, and count as one figure"
    )


def _gib(size: int) -> str:
    return f"{size / GIB:.2f} GiB"
