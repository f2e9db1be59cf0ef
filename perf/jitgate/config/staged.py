"""Variants that the lists of workloads spell per stage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from jitgate.engines.registry import Engines
from jitgate.engines.staged import is_staged, staged_variant
from jitgate.model.variant import VariantSpec
from jitgate.workloads.spec import WorkloadSpec


def with_staged(
    variants: Mapping[str, VariantSpec], workloads: Iterable[WorkloadSpec], engines: Engines
) -> dict[str, VariantSpec]:
    """`variants`, and those that the variant lists of `workloads` spell. Raises UsageError as `staged_variant`."""
    every = dict(variants)
    for workload in workloads:
        for name in workload.variants:
            if is_staged(name) and name not in every:
                every[name] = staged_variant(name, variants, engines, workload.where)
    return every
