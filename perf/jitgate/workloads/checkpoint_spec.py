"""What a workload takes of a checkpoint directory; free of torch."""

from __future__ import annotations

from dataclasses import dataclass

from jitgate.workloads.pretrained_file import PretrainedFile


@dataclass(frozen=True)
class CheckpointSpec:
    """files: those that its factory reads weights from. generation: of the directory that it fits; empty for any.
    jit: the directory's TorchScript file that stands for its module, if there may be one.
    """

    files: tuple[str, ...]
    generation: str = ""
    jit: PretrainedFile | None = None
