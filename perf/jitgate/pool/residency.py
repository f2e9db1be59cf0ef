"""May all workers live at once, or some at a time, or do they take their turns one resident at a time?

What must fit where:

- On a CPU a ceiling is a limit of each worker: it stands for somebody's card, and says nothing of this host. All
  processes together must fit the host's free memory.
- On a card the workers together must fit its free memory, and the ceiling as well where there is one: the ceiling
  stands for a whole card, which two engines would have to share.

Where all do not fit, but each with a baseline and a control does, a CPU takes them in batches, one after the other,
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
"""Workers of a batch, where there have to be several: a round of more keeps those apart for long that are compared, and
what an engine takes at most is a guess before it has run once."""

GIB = 1 << 30


class Residency(enum.StrEnum):
    """What was asked for."""

    AUTO = "auto"
    CONCURRENT = "concurrent"
    EXCLUSIVE = "exclusive"


@dataclass(frozen=True)
class Room:
    """How many bytes there are for all workers, and whose they are."""

    size_bytes: int
    said: str


@dataclass(frozen=True)
class ResidencyPlan:
    """alone: one worker at a time. batches: who lives together, where there are several; whom others are compared with
    are in each. note: what a reader has to know of it; None where nothing is unusual.
    """

    alone: bool = False
    note: str | None = None
    batches: tuple[tuple[str, ...], ...] = ()


def room(device: str, free: Reading[DeviceMemory], memory_limit_bytes: int | None) -> Reading[Room]:
    """What workers on `device` may take together; `free` is read before the first of them starts."""
    if not device.startswith("cuda"):
        return free if isinstance(free, Missing) else Room(free.free_bytes, "memory that the host has free")
    rooms = [] if isinstance(free, Missing) else [Room(free.free_bytes, "memory that the card has free")]
    if memory_limit_bytes is not None:
        rooms.append(Room(memory_limit_bytes, "the ceiling, which stands for a whole card"))
    if rooms:
        return min(rooms, key=lambda each: each.size_bytes)
    return free if isinstance(free, Missing) else Missing("nothing limits it")


def seat(
    wish: Residency, needs: Mapping[str, int], there: Reading[Room], reference_variants: Collection[str] | None = None
) -> ResidencyPlan:
    """Decide. needs: worker -> bytes that it is predicted to take, as a whole, at most. reference_variants: workers
    that every batch needs, since others are compared with them; None where there may be no batches.

    Where nothing is known of the room, workers stay together: what then goes wrong is seen by `Overcommit`.
    """
    if len(needs) < 2:
        return ResidencyPlan()
    team = f"{len(needs)} workers would need about {_gib(sum(needs.values()))}"
    if isinstance(there, Missing):
        if wish is Residency.EXCLUSIVE:
            return ResidencyPlan(alone=True, note=_alone("as --jitgate-residency exclusive asked"))
        return ResidencyPlan(note=f"whether all workers fit together is not known: {there.why}")
    size = (1 - SLACK) * there.size_bytes
    fits = sum(needs.values()) <= size
    against = f"{team}, and there are {_gib(there.size_bytes)} ({there.said})"
    if wish is Residency.EXCLUSIVE:
        return ResidencyPlan(alone=True, note=_alone("as --jitgate-residency exclusive asked"))
    if fits:
        return ResidencyPlan()
    if wish is Residency.CONCURRENT:
        return ResidencyPlan(
            note=f"workers were resident together, as --jitgate-residency concurrent asked, although {against}"
        )
    batches = () if reference_variants is None else _batches(needs, size, reference_variants)
    if batches:
        return ResidencyPlan(note=_in_parties(batches, reference_variants or (), against), batches=batches)
    return ResidencyPlan(alone=True, note=_alone(against))


def _batches(needs: Mapping[str, int], size: float, reference_variants: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """As few as a first fit finds, in the order of `needs`; none where one does not even fit beside the
    reference_variants."""
    always = [name for name in needs if name in reference_variants]
    left = size - sum(needs[name] for name in always)
    others = [name for name in needs if name not in reference_variants]
    if not others or max(needs[name] for name in others) > left:
        return ()
    batches: list[list[str]] = []
    for name in others:
        for batch in batches:
            fits = sum(needs[each] for each in batch) + needs[name] <= left
            if fits and len(always) + len(batch) < MOST:
                batch.append(name)
                break
        else:
            batches.append([name])
    return tuple((*always, *batch) for batch in batches)


def _in_parties(batches: tuple[tuple[str, ...], ...], reference_variants: Collection[str], why: str) -> str:
    said = "; ".join(", ".join(name for name in batch if name not in reference_variants) for batch in batches)
    return (
        f"workers were resident in {len(batches)} batches, one after the other, each with a baseline and a control of "
        f"its own, within which all is compared: {why}. Parties: {said}"
    )


def _alone(why: str) -> str:
    return (
        f"one worker was resident at a time, in blocks of mirrored order (ABBA), each in a process of its own: {why}; "
        "a block's calls begin when they are steady, and count as one figure"
    )


def _gib(size: int) -> str:
    return f"{size / GIB:.2f} GiB"
