"""Which workloads a checkout can take over, and why not the others. Free of torch."""

from __future__ import annotations

from dataclasses import replace

from jitgate.model.interpreter import Interpreter
from jitgate.workloads.checkpoint_spec import CheckpointSpec
from jitgate.workloads.spec import WorkloadSpec

from jitgate_cosyvoice.checkout.place import OPTION, Checkout
from jitgate_cosyvoice.checkpoints import V3, VOCODER
from jitgate_cosyvoice.registry import WHERE

_FACTORIES = "jitgate_cosyvoice.checkout.modules"

_SCRIPTED = ("eager", "torchscript")
_AS_IT_IS = ("eager",)

PARTS = {
    "cosyvoice3.flow_estimator": _AS_IT_IS,
    "cosyvoice3.flow": _AS_IT_IS,
    "cosyvoice3.vocoder": _AS_IT_IS,
    "cosyvoice2.flow_encoder": _SCRIPTED,
    "cosyvoice2.flow_estimator": _AS_IT_IS,
    "cosyvoice2.flow": _AS_IT_IS,
    "cosyvoice2.vocoder": _AS_IT_IS,
    "cosyvoice.text_encoder": _SCRIPTED,
    "cosyvoice.llm": _SCRIPTED,
    "cosyvoice.flow_encoder": _SCRIPTED,
}
"""Workload -> the engines that a checkout's module can be run by: TorchScript where CosyVoice exports it."""

_SCENARIOS = ("first_chunk", "1s", "5s", "15s")

ONLY_OF_A_CHECKOUT = tuple(
    WorkloadSpec(
        f"cosyvoice3.{part}",
        f"{_FACTORIES}:cosyvoice3_{part}",
        _SCENARIOS,
        _AS_IT_IS,
        frozenset(_SCENARIOS),
        where=WHERE,
        checkpoint_spec=CheckpointSpec((file,), V3),
    )
    for part, file in (("flow_estimator", "flow.pt"), ("flow", "flow.pt"), ("vocoder", VOCODER.file))
)
"""CosyVoice3's: jitgate has no modules of it. Its flow takes what CosyVoice2's takes, around a transformer (DiT) in
place of encoder and UNet; its vocoder makes each chunk from all of the mel until then, and keeps no source."""

NARROW = "a checkout has no narrow versions"
NO_BLUEPRINT = "the checkout has no yaml that describes them"
LANGUAGE_MODEL = "CosyVoice2's language model is transformers', built from its weights and not from the yaml alone"
WHOLE = "a checkout is measured module by module"

OTHER_ENGINE = "a checkout's modules are run as they are, and by TorchScript where CosyVoice exports them to it"
"""Why a variant is left out. Others were not tried on CosyVoice's code: its masks read tensors on the host, which
torch.export does not take, and its vocoder draws its own noise."""


def taken_over(spec: WorkloadSpec, checkout: Checkout, interpreter: Interpreter | None = None) -> WorkloadSpec:
    """A CosyVoice workload with the checkout's module in place of ours, or with the reason to leave it out.

    Any other workload stays as it is.
    """
    if spec.where != WHERE:
        return spec
    reason = _omitted(spec.name, checkout)
    if reason is not None:
        return replace(spec, left_out=spec.left_out or reason)
    family = spec.name.partition(".")[0]
    notes = [
        f"module of {checkout.folder}, built from {_said(checkout, family)}",
    ]
    if "torchscript" in PARTS[spec.name]:
        notes.append("torchscript is scripted here: without CUDA, CosyVoice itself turns load_jit off, with a warning")
    if interpreter is not None:
        notes.append(f"measured in {interpreter.words} ({interpreter.path})")
    dropped = [variant for variant in spec.variants if variant.partition("+")[0] not in PARTS[spec.name]]
    if dropped:
        notes.append(f"no {' and no '.join(dropped)}, and no gates on that: {OTHER_ENGINE}")
    return replace(
        spec,
        factory=f"{_FACTORIES}:{spec.name.replace('.', '_')}",
        variants=tuple(variant for variant in spec.variants if variant not in dropped),
        where=f"{OPTION} {checkout.folder}",
        weight_source=replace(spec.weight_source, checkout=checkout.folder),
        # A checkpoint's own TorchScript file is not of this checkout's code.
        checkpoint_spec=spec.checkpoint_spec and replace(spec.checkpoint_spec, jit=None),
        notes=(*spec.notes, *notes),
        interpreter=interpreter,
        packages=f"{_FACTORIES}:import_packages",
    )


def _said(checkout: Checkout, family: str) -> str:
    path = checkout.blueprint(family)
    inside = path.is_relative_to(checkout.folder)
    return f"its {path.relative_to(checkout.folder).as_posix()}" if inside else str(path)


def _omitted(name: str, checkout: Checkout) -> str | None:
    family, _, part = name.partition(".")
    if family.endswith("-small"):
        return NARROW
    if family not in checkout.blueprints:
        return NO_BLUEPRINT
    if name in PARTS:
        return None
    return LANGUAGE_MODEL if part.startswith("llm") else WHOLE
