"""What a workload takes of a checkpoint directory; free of torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jitgate.workloads.checkpoint import CheckpointPart


@dataclass(frozen=True)
class PretrainedFile:
    """One module as the original loads it.

    stem: `flow.encoder` of `flow.encoder.fp32.zip`. module, small: `package.module:callable` that build it at its true
    size and narrow. part: where a checkpoint has its weights. width, small_width: channels of its input.
    methods: method -> names and types of its arguments. called: the method that inference calls. wrapper: what makes a
    callable of the workload's inputs of it, `package.module:callable`; empty where it is one itself.
    """

    stem: str
    module: str
    small: str
    part: CheckpointPart
    width: int
    small_width: int
    methods: Mapping[str, str] = field(hash=False)
    called: str = "forward"
    wrapper: str = ""

    def name(self, precision: str) -> str:
        """`flow.encoder.fp32.zip`."""
        return f"{self.stem}.{precision}.zip"


@dataclass(frozen=True)
class CheckpointSpec:
    """files: those that its factory reads weights from. marker: a file that the directory has where it is of the
    workload's own model; empty where every directory will do. jit: the directory's TorchScript file that stands for
    the workload's module, if there may be one.
    """

    files: tuple[str, ...]
    marker: str = ""
    jit: PretrainedFile | None = None
