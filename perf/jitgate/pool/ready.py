"""What preparing a pool finds out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jitgate.model.answers import ModelFacts
from jitgate.model.artefact_file import Files
from jitgate.model.cold_start import ColdStart
from jitgate.model.content_digests import ContentDigests
from jitgate.model.produced import Produced
from jitgate.model.variant import VariantSpec
from jitgate.pool.memory_estimator import MemoryEstimator
from jitgate.pool.residency import ResidencyPlan

WorkerFiles = dict[tuple[str, str | None], Files]
"""By worker, and by stage; None for the whole module."""


@dataclass
class Ready:
    """facts: the baseline's; None where its model could not be built. contents: file of the checkpoint -> SHA-256.

    notes: for the summary. opened: workers that have built their model.
    """

    cold_start: dict[str, ColdStart]
    variants: Mapping[str, VariantSpec]
    residency_plan: ResidencyPlan = field(default_factory=ResidencyPlan)
    estimator: MemoryEstimator | None = None
    files: WorkerFiles = field(default_factory=dict)
    facts: ModelFacts | None = None
    contents: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    opened: set[str] = field(default_factory=set)

    def produced(self, scenario: str) -> Produced | None:
        """What a call of a scenario makes, where the workload says so."""
        return self.facts.produces.get(scenario) if self.facts else None

    def digests(self, scenario: str) -> ContentDigests:
        """Of what the baseline runs in a scenario."""
        return (self.facts.digests if self.facts else {}).get(scenario, ContentDigests())
