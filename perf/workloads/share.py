"""What a workload takes of a checkpoint directory, and which generation a directory is; free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perf.errors import UsageProblem
from perf.workloads.jit_file import V1_FLOW_ENCODER, V1_LLM, V1_TEXT_ENCODER, V2_FLOW_ENCODER, JitFile

if TYPE_CHECKING:
    from pathlib import Path

MARKERS = {"cosyvoice.yaml": "v1", "cosyvoice2.yaml": "v2"}
"""The file that says which generation a directory is, to the original too."""


@dataclass(frozen=True)
class Share:
    """files: those that its factory reads weights from. generation: of the directory that it fits; empty for any.
    jit: the directory's TorchScript file that stands for its module, if there may be one.
    """

    files: tuple[str, ...]
    generation: str = ""
    jit: JitFile | None = None


SHARES: Mapping[str, Share] = {
    "cosyvoice2.flow_encoder": Share(("flow.pt",), "v2", V2_FLOW_ENCODER),
    "cosyvoice2.flow_estimator": Share(("flow.pt",), "v2"),
    "cosyvoice2.flow": Share(("flow.pt",), "v2"),
    "cosyvoice2.vocoder": Share(("hift.pt",), "v2"),
    "cosyvoice2.llm_prefill": Share(("llm.pt",), "v2"),
    "cosyvoice2.llm_decode": Share(("llm.pt",), "v2"),
    "cosyvoice2.pipeline": Share(("llm.pt", "flow.pt", "hift.pt"), "v2"),
    "cosyvoice2.short_texts": Share(("flow.pt",), "v2"),
    "cosyvoice.text_encoder": Share(("llm.pt",), "v1", V1_TEXT_ENCODER),
    "cosyvoice.llm": Share(("llm.pt",), "v1", V1_LLM),
    "cosyvoice.flow_encoder": Share(("flow.pt",), "v1", V1_FLOW_ENCODER),
    "cosyvoice.pipeline": Share(("llm.pt", "flow.pt", "hift.pt"), "v1"),
}
"""Shipped workload -> its share. The narrow ones have none: no checkpoint fits them."""


def generation_of(directory: Path) -> str | None:
    """`v1` or `v2`; None where no file says so.

    Raises UsageProblem for what is no directory, and for one that is both.
    """
    if not directory.is_dir():
        raise UsageProblem(f"{directory} is not a directory; name the one that holds llm.pt, flow.pt and hift.pt")
    found = [name for name in MARKERS if (directory / name).is_file()]
    if len(found) > 1:
        raise UsageProblem(f"{directory} has {' and '.join(found)}: leave the one that the weights beside it belong to")
    return MARKERS[found[0]] if found else None
