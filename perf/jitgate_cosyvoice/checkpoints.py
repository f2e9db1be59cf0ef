"""What a workload takes of a checkpoint directory, and which generation a directory is; free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from jitgate.model.errors import UsageError
from jitgate.workloads.checkpoint import CheckpointPart
from jitgate.workloads.checkpoint_spec import CheckpointSpec

from jitgate_cosyvoice.jit_files import V1_FLOW_ENCODER, V1_LLM, V1_TEXT_ENCODER, V2_FLOW_ENCODER

if TYPE_CHECKING:
    from pathlib import Path

V1, V2, V3 = "cosyvoice.yaml", "cosyvoice2.yaml", "cosyvoice3.yaml"
"""The file that says which generation a directory is, to the original too."""

MARKERS = {V1: "v1", V2: "v2", V3: "v3"}

VOCODER = CheckpointPart("hift.pt", dropped="generator.")
"""Training saves it as the generator of a pair, with that in front of its names; the original takes it out of every
name when it loads the file (`cli/model.py`)."""

SHARES: Mapping[str, CheckpointSpec] = {
    "cosyvoice2.flow_encoder": CheckpointSpec(("flow.pt",), V2, V2_FLOW_ENCODER),
    "cosyvoice2.flow_estimator": CheckpointSpec(("flow.pt",), V2),
    "cosyvoice2.flow": CheckpointSpec(("flow.pt",), V2),
    "cosyvoice2.vocoder": CheckpointSpec(("hift.pt",), V2),
    "cosyvoice2.llm_prefill": CheckpointSpec(("llm.pt",), V2),
    "cosyvoice2.llm_decode": CheckpointSpec(("llm.pt",), V2),
    "cosyvoice2.pipeline": CheckpointSpec(("llm.pt", "flow.pt", "hift.pt"), V2),
    "cosyvoice2.short_texts": CheckpointSpec(("flow.pt",), V2),
    "cosyvoice.text_encoder": CheckpointSpec(("llm.pt",), V1, V1_TEXT_ENCODER),
    "cosyvoice.llm": CheckpointSpec(("llm.pt",), V1, V1_LLM),
    "cosyvoice.flow_encoder": CheckpointSpec(("flow.pt",), V1, V1_FLOW_ENCODER),
    "cosyvoice.pipeline": CheckpointSpec(("llm.pt", "flow.pt", "hift.pt"), V1),
}
"""Workload -> what it reads from a checkpoint. No checkpoint fits the narrow ones."""


def generation_of(directory: Path) -> str | None:
    """`v1`, `v2` or `v3`; None where no file says so.

    Raises UsageError for what is no directory, and for one of several generations.
    """
    if not directory.is_dir():
        raise UsageError(f"{directory} is not a directory; name the one that holds llm.pt, flow.pt and hift.pt")
    found = [name for name in MARKERS if (directory / name).is_file()]
    if len(found) > 1:
        raise UsageError(f"{directory} has {' and '.join(found)}: leave the one that the weights belong to")
    return MARKERS[found[0]] if found else None
