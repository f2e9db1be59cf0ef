"""The workloads that come with jitgate, by name; free of torch, so that collection costs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from perf.workloads.greedy import Greedy
from perf.workloads.origin import OURS, Origin
from perf.workloads.share import SHARES, Share

_FLOW_SCENARIOS = ("first_chunk", "first_chunk_sft", "1s", "5s", "15s", "varied")
_FLOW_VARIANTS = ("eager", "torchscript", "inductor")
_SPEECH_SCENARIOS = ("first_chunk", "1s", "5s", "15s")
_SENTENCES = ("1s", "5s", "15s")
_PIPELINE_SCENARIOS = (*_SENTENCES, "stream_5s")

BUDGET_S = 300.0
"""Seconds of rounds of one workload/scenario, which is enough for what calls take up to a second or so."""

SHARERS = 10
"""So many variants share a budget; for more it grows in proportion, as a round of them does. All 35 of the flow encoder
at 5 s had 12 rounds of 25 s in `BUDGET_S`, and nothing was decided of any of them (two CPU cores, 2026-11-23)."""

_SENTENCE_BUDGETS_S = {"1s": 1800.0}
"""Of pipelines, the shortest sentence only: what a stage gains is a few per cent of it, calls of ten seconds scatter by
ten on a shared CPU, and it takes some forty rounds to tell. Longer sentences keep to ten; the model is the same."""


@dataclass(frozen=True)
class WorkloadSpec:
    """What can be known of a workload before its module is built.

    factory: `package.module:callable`, called in workers. nightly: scenarios left to `-m nightly` runs.
    where: the place a user would edit, for messages. tolerance: its own, by precision or for `EVERY` one, where the
    table of all is not right for it (`perf.workloads.tolerance`). origin: where its modules and weights come from.
    share: what it takes of a checkpoint directory; None where it can't be given one. left_out: why a session does not
    measure it; empty where it does. notes: what a reader of its figures should know. budgets_s: seconds of rounds, by
    scenario, where `BUDGET_S` is known to decide nothing. greedy: which of its outputs are ids that were chosen.
    """

    name: str
    factory: str
    scenarios: tuple[str, ...]
    variants: tuple[str, ...]
    nightly: frozenset[str] = frozenset()
    where: str = "jitgate"
    tolerance: Mapping[str, float] = field(default_factory=dict)
    origin: Origin = OURS
    share: Share | None = None
    left_out: str = ""
    notes: tuple[str, ...] = ()
    budgets_s: Mapping[str, float] = field(default_factory=dict)
    greedy: Greedy | None = None

    def budget_s(self, scenario: str, variants: int) -> float:
        """Seconds of rounds of so many variants, unless a run is told otherwise."""
        return self.budgets_s.get(scenario, BUDGET_S) * max(1.0, variants / SHARERS)

    def recipe(self) -> dict[str, Any]:
        """What a worker has to be told to build it; see `Stage.open`."""
        return {"factory": self.factory, "where": self.where, "origin": self.origin.plain()}


def shipped_workloads() -> dict[str, WorkloadSpec]:
    """The CosyVoice workloads.

    Nightly is what takes minutes on a CPU: long inputs, whose calls a shared machine scatters most.
    """
    module = "perf.workloads.cosyvoice2.flow_encoder"
    return {
        spec.name: replace(spec, share=SHARES.get(spec.name))
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
    module = f"perf.workloads.cosyvoice2.{name}"
    nightly = frozenset(_SPEECH_SCENARIOS)
    return (
        WorkloadSpec(f"cosyvoice2.{name}", f"{module}:{name}", _SPEECH_SCENARIOS, variants, nightly),
        WorkloadSpec(f"cosyvoice2-small.{name}", f"{module}:small_{name}", _SPEECH_SCENARIOS, variants, nightly),
    )


def _short_texts() -> list[WorkloadSpec]:
    """Four texts at a time: one after another, or in a batch. For the claim that batching short texts does not pay."""
    module, names = "perf.workloads.cosyvoice2.short_texts", ("four_of_1s",)
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
    module, variants = "perf.workloads.cosyvoice.modules", ("eager", "torchscript", "inductor")
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
                f"perf.workloads.cosyvoice.pipeline:{prefix}pipeline",
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
    module = "perf.workloads.cosyvoice2.llm"
    best = Greedy(ids=0, scores=1, below=6561)
    return [
        WorkloadSpec(
            f"{family}.llm_{name}",
            f"{module}:{prefix}{name}",
            _SENTENCES,
            ("eager", "inductor"),
            frozenset(_SENTENCES),
            greedy=best,
        )
        for family, prefix in (("cosyvoice2", ""), ("cosyvoice2-small", "small_"))
        for name in ("prefill", "decode")
    ]


def _pipelines() -> list[WorkloadSpec]:
    """Text tokens to waveform; variants are given per stage.

    The one that the original can be had with, and the one that changes most. No more: at true size a worker holds 3 GB
    and a call takes some ten seconds, of which each variant adds one to every round.
    """
    module = "perf.workloads.cosyvoice2.pipeline"
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
