"""Which workers are resident when: from what the first worker says of the model, and the memory of the device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jitgate.device.device_memory import DeviceMemory, DeviceMemoryReader
from jitgate.device.reading import Reading
from jitgate.model.answers import ModelFacts
from jitgate.model.variant import VariantSpec
from jitgate.pool.memory_estimator import MemoryEstimator, MemoryRecords
from jitgate.pool.residency import Residency, ResidencyPlan, plan, room


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
