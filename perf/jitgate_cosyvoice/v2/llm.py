"""The workloads of CosyVoice2's language model: its first step, over the whole prompt, and the steps after it.

One call is one step, because that is what can be exported: the loop around it stays Python's in every variant.
"""

from __future__ import annotations

from jitgate.workloads.checkpoint import CheckpointPart
from jitgate.workloads.weights import build_seeded
from jitgate.workloads.workload import Workload
from torch import Tensor

from jitgate_cosyvoice.v2.language_model import Cache, LanguageModel, QwenSize
from jitgate_cosyvoice.v2.llm_scenarios import decode_scenarios, prefill_scenarios

SMALL = QwenSize(width=128, heads=2, key_heads=1, feed_forward=512, vocabulary=1024)


class Prefill(LanguageModel):
    """The first step."""

    def forward(self, prompt_text: Tensor, text: Tensor, prompt_speech: Tensor) -> tuple[Tensor, Tensor, Cache]:
        """Token ids, each (1, length) -> as `LanguageModel.step`."""
        return self.step(self.prompt(prompt_text, text, prompt_speech), ())


class Decode(LanguageModel):
    """Every later step."""

    def forward(self, token: Tensor, cache: Cache) -> tuple[Tensor, Tensor, Cache]:
        """The speech id that the step before gave (1), and its cache -> as `LanguageModel.step`."""
        return self.step(self.speech_embedding(token).unsqueeze(0), cache)


def prefill() -> Workload:
    """The first step at true size."""
    return Workload(
        build_seeded(Prefill, CheckpointPart("llm.pt")), prefill_scenarios(QwenSize()), artefact="llm.prefill"
    )


def small_prefill() -> Workload:
    """The same graph, narrow, on one CPU thread."""
    return Workload(
        build_seeded(lambda: Prefill(SMALL)), prefill_scenarios(SMALL), threads=1, artefact="llm.prefill.small"
    )


def decode() -> Workload:
    """A later step at true size."""
    return Workload(build_seeded(Decode, CheckpointPart("llm.pt")), decode_scenarios(QwenSize()), artefact="llm.decode")


def small_decode() -> Workload:
    """The same graph, narrow, on one CPU thread."""
    return Workload(
        build_seeded(lambda: Decode(SMALL)), decode_scenarios(SMALL), threads=1, artefact="llm.decode.small"
    )
