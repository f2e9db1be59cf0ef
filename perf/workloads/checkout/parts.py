"""Which workloads a checkout can take over, and why not the others. Free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from perf.workloads.checkout.place import OPTION, Checkout
from perf.workloads.registry import WorkloadSpec

_FACTORIES = "perf.workloads.checkout.modules"

_SCRIPTED = ("eager", "torchscript")
_AS_IT_IS = ("eager",)

PARTS = {
    "cosyvoice2.flow_encoder": _SCRIPTED,
    "cosyvoice2.flow_estimator": _AS_IT_IS,
    "cosyvoice2.flow": _AS_IT_IS,
    "cosyvoice2.vocoder": _AS_IT_IS,
    "cosyvoice.text_encoder": _SCRIPTED,
    "cosyvoice.llm": _SCRIPTED,
    "cosyvoice.flow_encoder": _SCRIPTED,
}
"""Workload -> the variants that a checkout's module can be run by: TorchScript where CosyVoice exports it."""

_LANGUAGE_MODEL = "CosyVoice2's language model is transformers', and is built from its weights and not from the yaml"
_NARROW = "the narrow versions are jitgate's own"
_WHOLE = "a checkout is measured module by module"
_NO_RECIPE = "the checkout has no yaml for them"
_NOT_EXPORTED = "CosyVoice exports no other module to TorchScript, and its masks ask the host, which torch.export can't trace"


@dataclass(frozen=True)
class Omission:
    """Cells of the shipped workloads that a checkout has no say in. `names`: workloads, or `workload as variant`."""

    names: tuple[str, ...]
    reason: str

    def __str__(self) -> str:
        return f"{', '.join(self.names)}: {self.reason}"


def taken_over(
    workloads: Mapping[str, WorkloadSpec], checkout: Checkout
) -> tuple[dict[str, WorkloadSpec], list[Omission]]:
    """`workloads` with the checkout's modules in place of the shipped ones, and what has to be left out.

    Workloads that a user has brought along stay as they are.
    """
    kept: dict[str, WorkloadSpec] = {}
    reasons: dict[str, list[str]] = {}
    for name, spec in workloads.items():
        if spec.where != "jitgate":
            kept[name] = spec
            continue
        reason = _omitted(name, checkout)
        if reason is not None:
            reasons.setdefault(reason, []).append(name)
            continue
        runnable = tuple(variant for variant in spec.variants if variant in PARTS[name])
        kept[name] = replace(
            spec,
            factory=f"{_FACTORIES}:{name.replace('.', '_')}",
            variants=runnable,
            where=f"{OPTION} {checkout.folder}",
        )
        for variant in spec.variants:
            if variant not in runnable:
                reasons.setdefault(_NOT_EXPORTED, []).append(f"{name} as {variant}")
    return kept, [Omission(tuple(names), reason) for reason, names in reasons.items()]


def _omitted(name: str, checkout: Checkout) -> str | None:
    """Why this workload is left out; None where it is not."""
    family, _, part = name.partition(".")
    if family.endswith("-small"):
        return _NARROW
    if family not in checkout.recipes:
        return _NO_RECIPE
    if name in PARTS:
        return None
    return _LANGUAGE_MODEL if part.startswith("llm_") else _WHOLE
