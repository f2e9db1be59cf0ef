"""Which variants a workload is run by: those that it lists, that a gate names, or that a person asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from jitgate.config.policy import Gate, Policy
from jitgate.engines.available import missing
from jitgate.engines.registry import Engines
from jitgate.engines.staged import is_staged
from jitgate.model.errors import UsageError
from jitgate.model.variant import BASELINE, VariantSpec
from jitgate.workloads.spec import WorkloadSpec

ALL = "all"
"""Asks for every variant that can run here."""


def known_variant(name: str, variants: Mapping[str, VariantSpec], engines: Engines, where: str) -> VariantSpec:
    """The variant called `name`, brought along or of an engine; UsageError, naming `where`, where there is none."""
    if name in variants:
        return variants[name]
    own = sorted(spec.name for spec in variants.values() if not spec.engine and not spec.stages)
    try:
        return engines.named(name)
    except UsageError as problem:
        others = f"; without an engine there are: {', '.join(own)}" if own else ""
        raise UsageError(f"{where}: {problem}{others}") from None


def with_gated(spec: WorkloadSpec, gates: Iterable[Gate], variants: Mapping[str, VariantSpec]) -> WorkloadSpec:
    """`spec` with the variants that a gate on this very workload names: what a gate asks for is measured.

    A gate with a pattern in place of a name is about what is there.
    """
    named = [gate.variant for gate in gates if gate.workload == spec.name and gate.variant in variants]
    return replace(spec, variants=tuple(dict.fromkeys((*spec.variants, *named))))


def chosen(wish: str, policy: Policy, device: str) -> frozenset[str]:
    """The variants that `--jitgate-variants` asks for, the baseline among them.

    wish: names with commas between, as in `eager,inductor+bf16`; or `all`, which is every variant that can run on
    `device` in this environment. Raises UsageError for a name that there is not.
    """
    names = [name.strip() for name in wish.split(",") if name.strip()]
    if not names:
        raise UsageError("--jitgate-variants names no variant; write names with commas between, or all")
    found = [BASELINE]
    for name in names:
        if name == ALL:
            found += [spec.name for spec in policy.variants.values() if missing(spec, device) is None]
        else:
            found.append(known_variant(name, policy.variants, policy.engines, "--jitgate-variants").name)
    return frozenset(found)


def with_chosen(policy: Policy, wanted: frozenset[str]) -> Policy:
    """`policy` with those of `wanted` that have an engine added to the variants that every workload lists.

    A variant that a user brought along stays with the workloads that list it: another model may not be what it is for.
    A pipeline is run by what is given for its stages, never as a whole.
    """
    more = [spec.name for spec in policy.variants.values() if spec.engine and spec.name in wanted]
    workloads = {
        name: spec
        if any(map(is_staged, spec.variants))
        else replace(spec, variants=tuple(dict.fromkeys((*spec.variants, *more))))
        for name, spec in policy.workloads.items()
    }
    return replace(policy, workloads=workloads)
