"""The workloads of CosyVoice, by name; free of torch, so that collection costs nothing."""

from __future__ import annotations

from dataclasses import replace

from jitgate.config.offered import Offered
from jitgate.model.token_agreement import TokenAgreement
from jitgate.model.variant import VariantSpec
from jitgate.workloads.spec import WorkloadSpec

from jitgate_cosyvoice.checkpoints import SHARES

WHERE = "jitgate_cosyvoice"
"""Where these workloads come from, for messages."""

BATCHED = VariantSpec("batched", "jitgate_cosyvoice.batched:batched", where=WHERE)
"""Of no engine: it changes what is asked of a module, and not how that runs."""

_FLOW_SCENARIOS = ("first_chunk", "first_chunk_sft", "1s", "5s", "15s", "varied")
_FLOW_VARIANTS = ("eager", "torchscript", "inductor")
_SPEECH_SCENARIOS = ("first_chunk", "1s", "5s", "15s")
_SENTENCES = ("1s", "5s", "15s")
_PIPELINE_SCENARIOS = (*_SENTENCES, "stream_5s")

_SENTENCE_BUDGETS_S = {"1s": 1800.0}
"""Of pipelines, the shortest sentence only: what a stage gains is a few per cent of it, calls of ten seconds scatter by
ten on a shared CPU, and it takes some forty rounds to tell. Longer sentences keep to ten; the model is the same."""


def offered() -> Offered:
    """All that a session has with this plugin, for callers without a session."""
    return Offered(variants={BATCHED.name: BATCHED}, workloads=shipped_workloads())


def shipped_workloads() -> dict[str, WorkloadSpec]:
    """The CosyVoice workloads.

    Nightly is what takes minutes on a CPU: long inputs, whose calls a shared machine scatters most.
    """
    module = "jitgate_cosyvoice.v2.flow_encoder"
    return {
        spec.name: replace(spec, where=WHERE, checkpoint_spec=SHARES.get(spec.name))
        for spec in (
            WorkloadSpec(
                "cosyvoice2.flow_encoder",
                f"{module}:flow_encoder",
                _FLOW_SCENARIOS,
                _FLOW_VARIANTS,
                frozenset({"first_chunk", "1s", "5s", "15s", "varied"}),
            ),
            WorkloadSpec(
                "cosyvoice2-small.flow_encoder",
                f"{module}:small_flow_encoder",
                _FLOW_SCENARIOS,
                _FLOW_VARIANTS,
                frozenset({"1s", "5s", "15s", "varied"}),
            ),
            *_of_a_sentence("flow_estimator", ("eager", "torchscript", "inductor")),
            # No inductor: torch.export writes the ten steps out one after the other, some 20,000 operations, and what
            # a compiler can do with them the estimator shows.
            *_of_a_sentence("flow", ("eager", "torchscript")),
            *_of_a_sentence("vocoder", ("eager", "torchscript", "inductor")),
            *_short_texts(),
            *_version_1(),
            *_language_model(),
            *_pipelines(),
        )
    }


def _of_a_sentence(name: str, variants: tuple[str, ...]) -> tuple[WorkloadSpec, WorkloadSpec]:
    """A module of CosyVoice2 at its true size and a narrow one, nightly altogether."""
    module = f"jitgate_cosyvoice.v2.{name}"
    nightly = frozenset(_SPEECH_SCENARIOS)
    return (
        WorkloadSpec(f"cosyvoice2.{name}", f"{module}:{name}", _SPEECH_SCENARIOS, variants, nightly),
        WorkloadSpec(f"cosyvoice2-small.{name}", f"{module}:small_{name}", _SPEECH_SCENARIOS, variants, nightly),
    )


def _short_texts() -> list[WorkloadSpec]:
    """Four texts at a time: one after another, or in a batch. For the claim that batching short texts does not pay."""
    module, names = "jitgate_cosyvoice.v2.short_texts", ("four_of_1s",)
    return [
        WorkloadSpec(
            f"{family}.short_texts", f"{module}:{prefix}short_texts", names, ("eager", "batched"), frozenset(names)
        )
        for family, prefix in (("cosyvoice2", ""), ("cosyvoice2-small", "small_"))
    ]


def _version_1() -> list[WorkloadSpec]:
    """CosyVoice-300M: the modules that its JIT export covers, and all of it from text tokens to waveform.

    The pipeline's variants are what its `load_jit=True` gives, and the one that changes most; see `_pipelines`.
    """
    module, variants = "jitgate_cosyvoice.v1.modules", ("eager", "torchscript", "inductor")
    scenarios = {"text_encoder": _SENTENCES, "llm": ("prompt_5s", *_SENTENCES), "flow_encoder": _SENTENCES}
    staged = (
        "eager",
        "text_encoder=torchscript,llm=torchscript,flow_encoder=torchscript",
        "flow_estimator=inductor",
    )
    families = (("cosyvoice", ""), ("cosyvoice-small", "small_"))
    return [
        *(
            WorkloadSpec(f"{family}.{name}", f"{module}:{prefix}{name}", names, variants, frozenset(names))
            for family, prefix in families
            for name, names in scenarios.items()
        ),
        *(
            WorkloadSpec(
                f"{family}.pipeline",
                f"jitgate_cosyvoice.v1.pipeline:{prefix}pipeline",
                _PIPELINE_SCENARIOS,
                staged,
                frozenset(_PIPELINE_SCENARIOS),
                budgets_s=_SENTENCE_BUDGETS_S,
            )
            for family, prefix in families
        ),
    ]


def _language_model() -> list[WorkloadSpec]:
    """CosyVoice2's language model. transformers' Qwen2 is Python that TorchScript can't read."""
    module = "jitgate_cosyvoice.v2.llm"
    best = TokenAgreement(token_ids=0, log_probs=1, vocab_size=6561)
    return [
        WorkloadSpec(
            f"{family}.llm_{name}",
            f"{module}:{prefix}{name}",
            _SENTENCES,
            ("eager", "inductor"),
            frozenset(_SENTENCES),
            token_agreement=best,
        )
        for family, prefix in (("cosyvoice2", ""), ("cosyvoice2-small", "small_"))
        for name in ("prefill", "decode")
    ]


def _pipelines() -> list[WorkloadSpec]:
    """Text tokens to waveform; variants are given per stage.

    The one that the original can be had with, and the one that changes most. No more: at true size a worker holds 3 GB
    and a call takes some ten seconds, of which each variant adds one to every round.
    """
    module = "jitgate_cosyvoice.v2.pipeline"
    variants = ("eager", "flow_encoder=torchscript", "flow_estimator=inductor")
    nightly = frozenset(_PIPELINE_SCENARIOS)
    return [
        WorkloadSpec(
            f"{family}.pipeline",
            f"{module}:{prefix}pipeline",
            _PIPELINE_SCENARIOS,
            variants,
            nightly,
            budgets_s=_SENTENCE_BUDGETS_S,
        )
        for family, prefix in (("cosyvoice2", ""), ("cosyvoice2-small", "small_"))
    ]
