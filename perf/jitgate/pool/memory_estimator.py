"""How much memory a worker will take: as much as last time, else a guess from its weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from jitgate.cache.keys import digest_of
from jitgate.cache.kv_store import KeyValueStore
from jitgate.model.answers import ModelFacts
from jitgate.model.memory_peaks import MemoryKind, MemoryPeaks
from jitgate.model.variant import VariantSpec

IN_PROCESS = 1.25
"""Times its weights, for a module that runs as it is: they are there once, and what a call needs in addition grows more
slowly. A text-to-speech pipeline (2.5 GiB of weights) took 2.6 GiB on a CPU; at twice the weights, as small modules
take, its workers would have run one by one on a machine that holds all of them."""

EXPORTED = 3.0
"""Times the module's weights: a compiled package keeps them packed for the processor, and the file has its own copy. A
Conformer encoder (144 MiB) took 243 MiB as TorchScript and 494 MiB from inductor."""

EXTRA_BYTES = 128 << 20
"""And so much for what does not go by weights: activations of short inputs, and what an allocator keeps. That
encoder took 257 MiB as it is, 113 MiB above its weights; what long inputs need only a measurement tells, and later
runs know."""


class MemoryRecords:
    """What workers took in earlier runs, by content, in a folder of the cache."""

    def __init__(self, folder: Path) -> None:
        self._kept = KeyValueStore(folder)

    def find(self, key: str) -> int | None:
        """The most bytes that the worker of that key took when it was last measured."""
        need = self._kept.find(key).get("need_bytes")
        return need if isinstance(need, int) and not isinstance(need, bool) and need > 0 else None

    def keep(self, key: str, need_bytes: int) -> None:
        """Remember it, in place of what was known before."""
        self._kept.keep(key, {"need_bytes": need_bytes})


@dataclass(frozen=True)
class MemoryEstimator:
    """Predicts from `memory_records`, and from what the first worker said of the model (`facts`).

    base_bytes: what a worker takes before it has a model: on a CPU the process with torch in it, on a card its context.
    """

    memory_records: MemoryRecords
    facts: ModelFacts
    device: str
    base_bytes: int

    def key(self, variant: VariantSpec, scenario: str) -> str:
        """What the memory of a worker depends on: weights, source, runtime, inputs, and the way of running them."""
        content = self.facts.content
        return digest_of(
            {
                "weights": content.weights,
                "source": content.source,
                "runtime": content.runtime,
                "device": self.device.split(":")[0],
                "variant": repr(variant),
                "inputs": [scenario, *((kind, content.spread[kind]) for kind in content.signatures[scenario])],
            }
        )

    def need_bytes(self, variant: VariantSpec, scenarios: Iterable[str]) -> int:
        """The largest of the scenarios; the guess for those that were never measured."""
        found = [self.memory_records.find(self.key(variant, scenario)) for scenario in scenarios]
        return max((self._guess(variant) if need is None else need for need in found), default=self._guess(variant))

    def learn(self, variant: VariantSpec, scenario: str, memory: MemoryPeaks) -> None:
        """Remember what a worker took; nothing where its peak is not known."""
        if memory.peak_bytes is None or memory.unreliable:
            return
        on_card = memory.kind is MemoryKind.DEVICE  # its peak is the whole already, the context included
        need = memory.peak_bytes + (0 if on_card else memory.level_before_bytes or 0)
        self.memory_records.keep(self.key(variant, scenario), need)

    def _guess(self, variant: VariantSpec) -> int:
        factor = EXPORTED if variant.exported else IN_PROCESS
        return self.base_bytes + EXTRA_BYTES + round(factor * self.facts.weight_bytes)
