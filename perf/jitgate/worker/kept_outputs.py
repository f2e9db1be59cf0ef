"""Outputs of timed calls as they were when the call returned, and their files. Runs in workers."""

from __future__ import annotations

import ctypes
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from jitgate.values.tensors import kept, numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

SMALL_BYTES = 1 << 16
"""What an answer holds in place of a file."""

NUMPY = {
    **{f"torch.{name}": name for name in ("float32", "float64", "float16", "complex64", "complex128", "bool")},
    **{f"torch.{name}": name for name in ("uint8", "int8", "int16", "int32", "int64")},
}
"""Types of numbers that torch and numpy have in common."""


def as_numbers(leaf: Any) -> Array:
    """A copy as numbers that numpy knows; what holds none, as text."""
    import numpy as np
    import torch

    found = in_memory(leaf)
    if found is None:
        other = numbers(kept(leaf))
        if other is None:
            return np.asarray(f"{type(leaf).__name__} {leaf}")
        dense = other if other.layout is torch.strided else other.to_dense()
        narrow = dense.is_floating_point() and dense.dtype.itemsize < torch.float32.itemsize
        wide = torch.complex64 if dense.dtype is torch.complex32 else torch.float32 if narrow else dense.dtype
        found = dense.to(wide).numpy()
    return found.astype(np.float32) if found.dtype == np.float16 else found


def in_memory(leaf: Any) -> Array | None:
    """A copy of what a plain tensor on the CPU holds now; None for anything else.

    No operator is called: a mode, or a kernel of a model's own, may make a tensor's values once an operator asks.
    """
    import numpy as np
    import torch

    if type(leaf) is not torch.Tensor:
        return None
    with torch._C.DisableTorchFunction():
        kind = NUMPY.get(str(leaf.dtype))
        plain = leaf.layout is torch.strided and not (leaf.is_nested or leaf.is_conj() or leaf.is_neg())
        if kind is None or not plain or leaf.device.type != "cpu":
            return None
        if not leaf.numel():
            return np.empty(tuple(leaf.shape), kind)
        size_bytes = leaf.element_size()
        strides = tuple(size_bytes * stride for stride in leaf.stride())
        spans = sum((length - 1) * stride for length, stride in zip(leaf.shape, strides, strict=True)) + size_bytes
        # Of the class that can't be changed, and not of torch.Tensor, which can.
        content = ctypes.string_at(torch._C.TensorBase.data_ptr(leaf), spans)
        return np.ndarray(tuple(leaf.shape), kind, content, strides=strides)


def packed(arrays: Sequence[Array]) -> bytes | None:
    """What their file would hold; None where that is much. Making, reading and removing a file takes the longest."""
    if sum(array.nbytes for array in arrays) > SMALL_BYTES:
        return None
    content = io.BytesIO()
    _write(content, arrays)
    return content.getvalue()


def write_arrays(path: Path, arrays: Sequence[Array]) -> None:
    """One after the other, each as `numpy.save` writes it: a ZIP file takes twice as long."""
    with path.open("wb") as file:
        _write(file, arrays)


def _write(file: BinaryIO, arrays: Sequence[Array]) -> None:
    import numpy as np

    for array in arrays:
        np.lib.format.write_array(file, array, allow_pickle=False)
