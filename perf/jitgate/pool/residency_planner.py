"""Where the first worker's word and the device's memory meet: who is resident when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jitgate.device.device_memory import DeviceMemory, DeviceMemoryReader
from jitgate.device.reading import Reading
from jitgate.engines.registry import VariantSpec
from jitgate.pool.memory_estimator import Footprints, Oracle
from jitgate.pool.residency import Residency, Seating, room, seat


@dataclass(frozen=True)
class Seats:
    """What the decision needs beside the model.

    wish: `--jitgate-residency`. reader: of the memory that has to fit. ceiling_bytes: of `[tool.jitgate]`, where it is
    set. anchors: workers that all parties need; None where there may be none.
    """

    wish: Residency
    reader: DeviceMemoryReader
    footprints: Footprints
    ceiling_bytes: int | None = None
    anchors: frozenset[str] | None = None

    def free(self) -> Reading[DeviceMemory]:
        """To be asked before the first worker starts: then all that is free is there for them."""
        return self.reader.read()

    def oracle(self, device: str, facts: Mapping[str, Any], context_bytes: int) -> Oracle:
        """Predicts from what the baseline's worker said when it opened the model, and from its context on a card."""
        on_card = device.startswith("cuda")
        return Oracle(self.footprints, facts, device, context_bytes if on_card else int(facts["level_before_bytes"]))

    def decide(
        self,
        oracle: Oracle,
        free: Reading[DeviceMemory],
        variants: Mapping[str, VariantSpec],
        scenarios: Sequence[str],
    ) -> Seating:
        """variants: worker -> its variant, the control among them."""
        needs = {name: oracle.need_bytes(variant, scenarios) for name, variant in variants.items()}
        anchors = None if oracle.device.startswith("cuda") else self.anchors
        return seat(self.wish, needs, room(oracle.device, free, self.ceiling_bytes), anchors)
