"""Precisions, and how each is put on a module, its inputs and its calls. torch is imported in workers only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jitgate.engines.protocols import Runner
from jitgate.engines.self_checking import PartialRunner, RecompileEvents, SelfCheckingRunner
from jitgate.model.errors import Unavailable
from jitgate.model.inputs import Inputs
from jitgate.model.str_enum import StrEnum
from jitgate.values.leaves import mapped

if TYPE_CHECKING:
    import torch


class Precision(StrEnum):
    """In what numbers a variant computes; the value is its part of a variant's name."""

    FP32 = "fp32"  # throughout, convolutions too
    TF32 = "tf32"  # float32, whose products a CUDA card rounds to 10 bits of mantissa
    BF16 = "bf16"
    FP16 = "fp16"
    AUTOCAST_BF16 = "autocast-bf16"
    AUTOCAST_FP16 = "autocast-fp16"

    @property
    def converts(self) -> bool:
        """Whether weights and inputs are converted once, before anything is exported or timed."""
        return self in (Precision.BF16, Precision.FP16)

    @property
    def casts(self) -> bool:
        """Whether weights stay float32 and are cast inside of every call."""
        return self in (Precision.AUTOCAST_BF16, Precision.AUTOCAST_FP16)


TF32_FROM = (8, 0)
"""Compute capability of the first cards that have TF32 and bfloat16 units: Ampere."""


def dtype_of(precision: Precision) -> torch.dtype:
    """What tensors are converted or cast to."""
    import torch

    if precision in (Precision.BF16, Precision.AUTOCAST_BF16):
        return torch.bfloat16
    return torch.float16 if precision in (Precision.FP16, Precision.AUTOCAST_FP16) else torch.float32


def switch(precision: Precision, device: str) -> None:
    """Set the process's TF32 switches, which also what is compiled from now on is built for.

    torch's own default lets convolutions run in TF32; here `fp32` means float32.
    Raises Unavailable for a card without the units.
    """
    import torch

    if not device.startswith("cuda"):
        return
    capability = torch.cuda.get_device_capability(device)
    if precision in (Precision.TF32, Precision.BF16, Precision.AUTOCAST_BF16) and capability < TF32_FROM:
        raise Unavailable(
            f"{precision} needs a card of compute capability {TF32_FROM[0]}.{TF32_FROM[1]} or later, and "
            f"{torch.cuda.get_device_name(device)} has {capability[0]}.{capability[1]}; use fp16 on it"
        )
    torch.backends.cuda.matmul.allow_tf32 = precision is Precision.TF32
    torch.backends.cudnn.allow_tf32 = precision is Precision.TF32


def converted(module: torch.nn.Module, precision: Precision) -> torch.nn.Module:
    """The module with its weights in `precision`, in place, as `module.half()` does it: buffers are converted too."""
    return module.to(dtype_of(precision)) if precision.converts else module


def adapted(inputs: Inputs, precision: Precision) -> Inputs:
    """One call's inputs with floating-point tensors in `precision`; everything else stays."""
    if not precision.converts:
        return inputs
    import torch

    dtype = dtype_of(precision)

    def convert(leaf: Any) -> Any:
        return leaf.to(dtype) if isinstance(leaf, torch.Tensor) and leaf.is_floating_point() else leaf

    converted_inputs: Inputs = mapped(convert, inputs)
    return converted_inputs


class Autocast:
    """A call under `torch.autocast`, whose evidence is that of what it calls."""

    def __init__(self, call: Runner, precision: Precision, device: str) -> None:
        import torch

        self._call = call
        self._make = torch.autocast
        self._device = "cuda" if device.startswith("cuda") else "cpu"
        self._dtype = dtype_of(precision)

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        with self._casting():
            return self._call(*inputs, **named)

    def proof(self) -> str | None:
        if not isinstance(self._call, SelfCheckingRunner):
            return None
        with self._casting():  # TorchScript has an executor of its own for it
            return self._call.proof()

    def recompiles(self) -> RecompileEvents:
        if not isinstance(self._call, SelfCheckingRunner):
            return {}
        with self._casting():
            return self._call.recompiles()

    def partly(self) -> str | None:
        return self._call.partly() if isinstance(self._call, PartialRunner) else None

    def _casting(self) -> torch.autocast:
        # Without its cache, which a CUDA graph must not capture; weights without gradients are never in it anyway.
        return self._make(self._device, dtype=self._dtype, cache_enabled=False)


def cast(call: Runner, precision: Precision, device: str) -> Runner:
    """`call`, or the same under autocast where the precision is one of autocast's."""
    return Autocast(call, precision, device) if precision.casts else call
