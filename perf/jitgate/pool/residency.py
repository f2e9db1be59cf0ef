"""Are all workers resident at once, or in batches, or one at a time?

What must fit where:

- On a CPU a memory limit is one of each worker: it stands for a card elsewhere, and says nothing of this host. All
  processes together must fit the host's free memory.
- On a card the workers together must fit its free memory, and the memory limit as well where there is one: the limit
  stands for a whole card, which two engines would share.

Where not all fit, but each with a baseline and a control does, a CPU takes them in batches, one after the other, each
with its own baseline and control: every comparison stays within one batch. On a card workers are then exclusive: two
engines on a full card page each other's memory, and neither shows its own speed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from jitgate.device.device_memory import DeviceMemory, DeviceMemoryReader
from jitgate.device.reading import Missing, Reading
from jitgate.model.answers import ModelFacts
from jitgate.model.size import format_bytes
from jitgate.model.str_enum import StrEnum
from jitgate.model.variant import VariantSpec
from jitgate.pool.memory_estimator import MemoryEstimator, MemoryRecords

SLACK = 0.05
"""Of the room, left free: a card filled to its last byte pages, and no peak is the last run's to the byte."""

MOST = 12
"""Workers of a batch, where there are several: in a longer round, workers that are compared are far apart in time, and
what an engine takes is a guess before it has run once."""


class Residency(StrEnum):
    """What was asked for."""

    AUTO = "auto"
    CONCURRENT = "concurrent"
    EXCLUSIVE = "exclusive"


@dataclass(frozen=True)
class Room:
    """How many bytes there are for all workers, and which they are."""

    size_bytes: int
    said: str


@dataclass(frozen=True)
class ResidencyPlan:
    """exclusive: one worker at a time. batches: which workers are resident together, where there are several batches;
    workers that others are compared with are in each. note: what a reader must know; None where nothing is unusual.
    """

    exclusive: bool = False
    note: str | None = None
    batches: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class ResidencyPlanner:
    """What the decision needs besides the model.

    residency: `--jitgate-residency`. reader: of the memory that workers must fit. memory_limit_bytes: of
    `[tool.jitgate]`, where it is set. reference_variants: workers that all batches need; None where there may be none.
    """

    residency: Residency
    reader: DeviceMemoryReader
    memory_records: MemoryRecords
    memory_limit_bytes: int | None = None
    reference_variants: frozenset[str] | None = None

    def free(self) -> Reading[DeviceMemory]:
        """To be read before the first worker starts: then all that is free is there for workers."""
        return self.reader.read()

    def estimator(self, device: str, facts: ModelFacts, context_bytes: int) -> MemoryEstimator:
        """Predicts from what the baseline's worker said when it opened the model, and from its context on a card."""
        on_card = device.startswith("cuda")
        return MemoryEstimator(
            self.memory_records, facts, device, context_bytes if on_card else facts.level_before_bytes
        )

    def decide(
        self,
        estimator: MemoryEstimator,
        free: Reading[DeviceMemory],
        variants: Mapping[str, VariantSpec],
        scenarios: Sequence[str],
    ) -> ResidencyPlan:
        """variants: worker -> its variant, the control among them."""
        needs = {name: estimator.need_bytes(variant, scenarios) for name, variant in variants.items()}
        reference_variants = None if estimator.device.startswith("cuda") else self.reference_variants
        return plan(self.residency, needs, room(estimator.device, free, self.memory_limit_bytes), reference_variants)


def room(device: str, free: Reading[DeviceMemory], memory_limit_bytes: int | None) -> Reading[Room]:
    """What workers on `device` may take together; `free` is read before the first of them starts."""
    if not device.startswith("cuda"):
        return free if isinstance(free, Missing) else Room(free.free_bytes, "memory that the host has free")
    rooms = [] if isinstance(free, Missing) else [Room(free.free_bytes, "memory that the card has free")]
    if memory_limit_bytes is not None:
        rooms.append(Room(memory_limit_bytes, "the memory limit, which stands for a whole card"))
    if rooms:
        return min(rooms, key=lambda each: each.size_bytes)
    return free if isinstance(free, Missing) else Missing("nothing limits it")


def plan(
    residency: Residency,
    needs: Mapping[str, int],
    there: Reading[Room],
    reference_variants: Collection[str] | None = None,
) -> ResidencyPlan:
    """Decide. needs: worker -> the most bytes that it is predicted to take. reference_variants: workers that every
    batch needs, since others are compared with them; None where there may be no batches.

    Where the room is not known, workers are concurrent: `Overcommit` sees what then goes wrong.
    """
    if len(needs) < 2:
        return ResidencyPlan()
    if residency is Residency.EXCLUSIVE:
        return ResidencyPlan(exclusive=True, note=_exclusive("as --jitgate-residency exclusive asks"))
    if isinstance(there, Missing):
        return ResidencyPlan(note=f"Whether all workers fit at once is not known: {there.why}.")
    size = (1 - SLACK) * there.size_bytes
    if sum(needs.values()) <= size:
        return ResidencyPlan()
    need, have = format_bytes(sum(needs.values())), format_bytes(there.size_bytes)
    against = f"{len(needs)} workers would need about {need}, and there are {have} ({there.said})"
    if residency is Residency.CONCURRENT:
        return ResidencyPlan(
            note=f"All workers were resident at once, as --jitgate-residency concurrent asks, although {against}."
        )
    batches = () if reference_variants is None else _batches(needs, size, reference_variants)
    if batches:
        return ResidencyPlan(note=_in_batches(batches, reference_variants or (), against), batches=batches)
    return ResidencyPlan(exclusive=True, note=_exclusive(against))


def _batches(needs: Mapping[str, int], size: float, reference_variants: Collection[str]) -> tuple[tuple[str, ...], ...]:
    """As few as a first fit finds, in the order of `needs`; none where a worker does not fit with the references."""
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


def _in_batches(batches: tuple[tuple[str, ...], ...], reference_variants: Collection[str], why: str) -> str:
    said = "; ".join(", ".join(name for name in batch if name not in reference_variants) for batch in batches)
    return (
        f"Measured in {len(batches)} batches that fit memory, each with its own baseline and control: {why}. "
        f"Batches: {said}."
    )


def _exclusive(why: str) -> str:
    return (
        f"One worker was resident at a time, in blocks of mirrored order (ABBA), each in its own process: {why}. "
        "A block begins when calls are steady, and counts as one figure."
    )
