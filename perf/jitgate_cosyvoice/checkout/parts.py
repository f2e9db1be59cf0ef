"""Which workloads a checkout can take over, and why not the others. Free of torch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from jitgate.config.selection import ALL
from jitgate.model.interpreter import Interpreter
from jitgate.workloads.checkpoint_spec import CheckpointSpec
from jitgate.workloads.spec import WorkloadSpec

from jitgate_cosyvoice.checkout.own_ways import FP16, offered_by
from jitgate_cosyvoice.checkout.place import OPTION, QWEN_FOLDER, Checkout
from jitgate_cosyvoice.checkout.transformers_notes import transformers_note
from jitgate_cosyvoice.checkpoints import V3, VOCODER
from jitgate_cosyvoice.registry import WHERE, shipped_workloads

_FACTORIES = "jitgate_cosyvoice.checkout.modules"

_SCRIPTED = ("eager", "torchscript")
_COMPILED = ("eager", "compile", "inductor")
_LOOPS = ("eager", "compile")

_SPOKEN = ("eager", "flow_estimator=compile")

PARTS = {
    "cosyvoice3.flow_estimator": _COMPILED,
    "cosyvoice3.flow": _LOOPS,
    "cosyvoice3.vocoder": _COMPILED,
    "cosyvoice3.pipeline": _SPOKEN,
    "cosyvoice2.flow_encoder": _SCRIPTED,
    "cosyvoice2.flow_estimator": _COMPILED,
    "cosyvoice2.flow": _LOOPS,
    "cosyvoice2.vocoder": _COMPILED,
    "cosyvoice2.pipeline": ("eager", "flow_encoder=torchscript", "flow_estimator=compile"),
    "cosyvoice.text_encoder": _SCRIPTED,
    "cosyvoice.llm": _SCRIPTED,
    "cosyvoice.flow_encoder": _SCRIPTED,
}
"""Workload -> how a checkout's module is run: scripted where CosyVoice exports it, compiled where the time is.

The whole flow is not exported: that would write its ten steps out one after the other."""

_SCENARIOS = ("first_chunk", "1s", "5s", "15s")

_WHOLE_FILES = ("llm.pt", "flow.pt", VOCODER.file)


def _of_version_3(part: str, scenarios: tuple[str, ...], *files: str) -> WorkloadSpec:
    return WorkloadSpec(
        f"cosyvoice3.{part}",
        f"{_FACTORIES}:cosyvoice3_{part}",
        scenarios,
        PARTS[f"cosyvoice3.{part}"],
        frozenset(scenarios),
        where=WHERE,
        checkpoint_spec=CheckpointSpec(files, V3),
    )


ONLY_OF_A_CHECKOUT = (
    _of_version_3("flow_estimator", _SCENARIOS, "flow.pt"),
    _of_version_3("flow", _SCENARIOS, "flow.pt"),
    _of_version_3("vocoder", _SCENARIOS, VOCODER.file),
    _of_version_3("pipeline", ("1s", "5s", "15s", "stream_5s"), *_WHOLE_FILES),
)
"""CosyVoice3's: jitgate has no modules of it. Its flow takes what CosyVoice2's takes, around a transformer (DiT) in
place of encoder and UNet; its vocoder makes each chunk from all of the mel until then, and keeps no source."""

NARROW = "a checkout has no narrow versions"
NO_BLUEPRINT = "the checkout has no yaml that describes them"
LANGUAGE_MODEL = "CosyVoice2's language model is transformers', and measured step by step in cosyvoice2.pipeline alone"
VERSION_1 = "tts() is measured of CosyVoice2 and CosyVoice3"
OTHER = "a checkout has no such module"
NO_LANGUAGE_MODEL = "tts() needs a language model, and the yaml describes none"
NO_DIRECTORY = (
    f"tts() needs a language model, which the {QWEN_FOLDER} of a model directory describes: name one with "
    "--jitgate-checkpoint DIR"
)

NOT_BY_ITSELF = "--jitgate-variants measures it all the same, or says why it can't"
"""CosyVoice's masks read tensors on the host, which torch.export does not take; so what exports that way is tried on
the encoders only where it is asked for."""


@dataclass(frozen=True)
class TakenOver:
    """What a session asks of a checkout. checkpoint: the model directory. interpreter: the Python that workers run in;
    None for this one. asked: variants that --jitgate-variants names.
    """

    checkout: Checkout
    checkpoint: Path | None = None
    interpreter: Interpreter | None = None
    asked: Collection[str] = ()

    def of(self, spec: WorkloadSpec) -> WorkloadSpec:
        """A CosyVoice workload with the checkout's module in place of ours, or with the reason to leave it out.

        Any other workload stays as it is.
        """
        if spec.where != WHERE:
            return spec
        reason = self._omitted(spec.name)
        if reason is not None:
            return replace(spec, left_out=spec.left_out or reason)
        variants, dropped = self._variants(spec)
        return replace(
            spec,
            factory=f"{_FACTORIES}:{spec.name.replace('.', '_')}",
            variants=variants,
            where=f"{OPTION} {self.checkout.folder}",
            weight_source=replace(spec.weight_source, checkout=self.checkout.folder),
            # A checkpoint's own TorchScript file is not of this checkout's code.
            checkpoint_spec=spec.checkpoint_spec and replace(spec.checkpoint_spec, jit=None),
            notes=(*spec.notes, *self._notes(spec.name, dropped)),
            interpreter=self.interpreter,
            packages=f"{_FACTORIES}:import_packages",
        )

    def _variants(self, spec: WorkloadSpec) -> tuple[tuple[str, ...], list[str]]:
        """How it is run: as `PARTS` says, and as a gate or --jitgate-variants asks; and what is dropped of our own."""
        ours = shipped_workloads()[spec.name].variants if spec.name in shipped_workloads() else spec.variants
        more = [name for name in spec.variants if name not in ours or {name, ALL} & {*self.asked}]
        more += [*offered_by(self.checkpoint), FP16.name] if spec.name == "cosyvoice2.pipeline" else []
        kept = tuple(dict.fromkeys((*PARTS[spec.name], *more)))
        return kept, [name for name in spec.variants if name not in kept]

    def _notes(self, name: str, dropped: Collection[str]) -> list[str]:
        family, _, part = name.partition(".")
        notes = [f"module of {self.checkout.folder}, built from {self._said(family)}"]
        if any("torchscript" in variant for variant in PARTS[name]):
            notes.append(
                "torchscript is scripted here: without CUDA, CosyVoice itself turns load_jit off, with a warning"
            )
        if part == "pipeline":
            notes.append(
                "tts() of the checkout, from text tokens on: what the front end makes is given, and the sampler is "
                "replaced by one that takes the best id, a fixed number of times"
            )
            note = transformers_note(self.interpreter)
            notes += [note] if note else []
        if self.interpreter is not None:
            notes.append(f"measured in {self.interpreter.words} ({self.interpreter.path})")
        if dropped:
            notes.append(f"no {' and no '.join(dropped)}, and no gates on that: {NOT_BY_ITSELF}")
        return notes

    def _said(self, family: str) -> str:
        path = self.checkout.blueprint(family)
        inside = path.is_relative_to(self.checkout.folder)
        return f"its {path.relative_to(self.checkout.folder).as_posix()}" if inside else str(path)

    def _omitted(self, name: str) -> str | None:
        family, _, part = name.partition(".")
        if family.endswith("-small"):
            return NARROW
        if family not in self.checkout.blueprints:
            return NO_BLUEPRINT
        if part == "pipeline" and name in PARTS:
            if self.checkout.lacks(family, "llm"):
                return NO_LANGUAGE_MODEL
            return NO_DIRECTORY if self.checkpoint is None and self.checkout.needs_qwen(family) else None
        if name in PARTS:
            return None
        if part == "pipeline":
            return VERSION_1
        return LANGUAGE_MODEL if part.startswith("llm") else OTHER
