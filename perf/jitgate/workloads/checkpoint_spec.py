"""What a workload takes of a checkpoint directory; free of torch."""

from __future__ import annotations

from dataclasses import dataclass

from jitgate.workloads.pretrained_file import PretrainedFile


@dataclass(frozen=True)
class CheckpointSpec:
    """files: those that its factory reads weights from. marker: a file that the directory has where it is of the
    workload's own model; empty where every directory will do. jit: the directory's TorchScript file that stands for
    the workload's module, if there may be one.
    """

    files: tuple[str, ...]
    marker: str = ""
    jit: PretrainedFile | None = None
