"""Values for the inputs of a model, drawn by name: every worker draws the same."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from jitgate.model.own_model import InputSpec

if TYPE_CHECKING:
    import torch


def value_of(spec: InputSpec) -> Any:
    """The tensor or plain value that a description stands for."""
    import torch

    if spec.sizes is None:
        return {"int": int, "float": float, "bool": bool}[spec.dtype](spec.low or 0)
    dtype = getattr(torch, spec.dtype)
    generator = np.random.default_rng(zlib.crc32(spec.name.encode()))
    if spec.low is not None and spec.high is not None:
        return torch.from_numpy(generator.integers(int(spec.low), int(spec.high) + 1, spec.sizes)).to(dtype)
    if dtype == torch.bool:
        return torch.ones(spec.sizes, dtype=dtype)
    if dtype.is_floating_point or dtype.is_complex:
        return torch.from_numpy(generator.standard_normal(spec.sizes, dtype=np.float32)).to(dtype)
    return torch.from_numpy(generator.integers(0, 2, spec.sizes)).to(dtype)


def described(name: str, value: Any) -> InputSpec | None:
    """The description of an example that a model brings along; None for what is neither tensor nor plain."""
    import torch

    if isinstance(value, torch.Tensor):
        return _of_tensor(name, value)
    if isinstance(value, bool | int | float):
        return InputSpec(name, None, type(value).__name__, float(value))
    return None


def _of_tensor(name: str, value: torch.Tensor) -> InputSpec:
    dtype = str(value.dtype).removeprefix("torch.")
    if value.is_floating_point() or value.is_complex() or dtype == "bool" or not value.numel():
        return InputSpec(name, tuple(value.shape), dtype)
    return InputSpec(name, tuple(value.shape), dtype, int(value.min()), int(value.max()))
