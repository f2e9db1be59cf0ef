"""The variants that come with jitgate, by name; free of torch."""

from __future__ import annotations

from dataclasses import dataclass

BASELINE = "eager"
"""The variant that every speed-up is measured against."""

CONTROL = "eager#control"
"""A second worker of the baseline: what it shows is the noise floor. Not a variant: no test is parametrised by it."""


@dataclass(frozen=True)
class VariantSpec:
    """factory: `package.module:callable`, an `Exported` engine if `exported`, else `(module, example) -> callable`."""

    name: str
    factory: str
    exported: bool = False
    precision: str = "fp32"
    where: str = "jitgate"


def shipped_variants() -> dict[str, VariantSpec]:
    """Every way of running a model that jitgate brings."""
    specs = (
        VariantSpec("eager", "perf.variants.eager:eager"),
        VariantSpec("torchscript", "perf.variants.torchscript:TorchScript", exported=True),
        VariantSpec("inductor", "perf.variants.inductor:Inductor", exported=True),
        VariantSpec("batched", "perf.variants.batched:batched"),
    )
    return {spec.name: spec for spec in specs}
