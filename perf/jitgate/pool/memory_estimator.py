"""How much memory a worker is going to take, said before it starts: as much as last time, else a guess from weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jitgate.cache.keys import digest_of
from jitgate.cache.kv_store import KeyValueStore
from jitgate.model.variant import VariantSpec

IN_PROCESS = 1.25
"""Times its weights, for a module that runs as it is: they are there once, and what a call needs on top grows more
slowly than they do. A text-to-speech pipeline with 2.5 GiB of weights took 2.6 GiB on a CPU; an estimate of twice the
weights, as small modules take, would have run its workers one by one on a machine that holds all of them."""

EXPORTED = 3.0
"""Times the module's weights: a compiled package keeps them packed for the processor beside the file's own copy. The
flow encoder (144 MiB) took 243 MiB as TorchScript and 494 MiB from inductor."""

BESIDE_BYTES = 128 << 20
"""And so much for what does not go by weights: activations of short inputs, and what an allocator keeps. The flow
encoder took 257 MiB as it is, 113 MiB above its weights; what long inputs need only a measurement tells, and later
runs know."""


class MemoryRecords:
    """What workers took as a whole in earlier runs, by content, in a folder beside the exported files."""

    def __init__(self, folder: Path) -> None:
        self._kept = KeyValueStore(folder)

    def find(self, key: str) -> int | None:
        """Bytes that the worker of that key took at most when it was last measured."""
        need = self._kept.find(key).get("need_bytes")
        return need if isinstance(need, int) and not isinstance(need, bool) and need > 0 else None

    def keep(self, key: str, need_bytes: int) -> None:
        """Remember it, in place of what was known."""
        self._kept.keep(key, {"need_bytes": need_bytes})


@dataclass(frozen=True)
class MemoryEstimator:
    """Predicts from `memory_records` and from what the first worker said when it opened the model (`facts`).

    base_bytes: what a worker takes before it has a model: on a CPU the process with torch in it, on a card its context.
    """

    memory_records: MemoryRecords
    facts: Mapping[str, Any]
    device: str
    base_bytes: int

    def key(self, variant: VariantSpec, scenario: str) -> str:
        """What a footprint depends on: weights, source, runtime, inputs, and the way of running them."""
        kinds = self.facts["signatures"][scenario]
        return digest_of(
            {
                "weights": self.facts["weights"],
                "source": self.facts["source"],
                "runtime": self.facts["runtime"],
                "device": self.device.split(":")[0],
                "variant": repr(variant),
                "inputs": [scenario, *((kind, self.facts["spread"][kind]) for kind in kinds)],
            }
        )

    def need_bytes(self, variant: VariantSpec, scenarios: Iterable[str]) -> int:
        """The largest of the scenarios; the guess for those that were never measured."""
        found = [self.memory_records.find(self.key(variant, scenario)) for scenario in scenarios]
        return max((self._guess(variant) if need is None else need for need in found), default=self._guess(variant))

    def learn(self, variant: VariantSpec, scenario: str, memory: Mapping[str, Any]) -> None:
        """Remember what a worker took, from its answer about memory; nothing where its peak is not known."""
        peak = memory.get("peak_bytes")
        if peak is None or memory.get("doubt"):
            return
        on_card = memory.get("kind") == "device"  # its peak is the whole already, the context included
        self.memory_records.keep(
            self.key(variant, scenario), int(peak if on_card else peak + memory["level_before_bytes"])
        )

    def _guess(self, variant: VariantSpec) -> int:
        factor = EXPORTED if variant.exported else IN_PROCESS
        return self.base_bytes + BESIDE_BYTES + round(factor * int(self.facts["weight_bytes"]))
