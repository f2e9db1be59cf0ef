"""What packages bring to a session by the hooks of `jitgate.hooks`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jitgate.config.policy import Gate
from jitgate.engines.builtin import built_in
from jitgate.engines.registry import Engines
from jitgate.model.variant import VariantSpec
from jitgate.workloads.spec import WorkloadSpec


@dataclass(frozen=True)
class Offered:
    """engines: with the built-in ones among them. variants: of no engine, for the workloads that list them. gates: in
    addition to the project's own."""

    engines: Engines = field(default_factory=built_in)
    variants: Mapping[str, VariantSpec] = field(default_factory=dict)
    workloads: Mapping[str, WorkloadSpec] = field(default_factory=dict)
    gates: tuple[Gate, ...] = ()

    def every_variant(self) -> dict[str, VariantSpec]:
        """Those of the engines, and the others."""
        return {**self.engines.variants, **self.variants}
