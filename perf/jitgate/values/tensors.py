"""What tensors and arrays of any kind hold: their numbers, and the memory that these take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from jitgate.values.leaves import leaves

if TYPE_CHECKING:
    import torch


def tensors_in(values: Any) -> list[torch.Tensor]:
    """All tensors of a nested value."""
    import torch

    return [leaf for leaf in leaves(values) if isinstance(leaf, torch.Tensor)]


def stored(tensor: torch.Tensor) -> list[torch.Tensor]:
    """The strided tensors that a dense, sparse or quantised tensor consists of."""
    import torch

    if tensor.is_quantized:
        by_channel = tensor.qscheme() in (torch.per_channel_affine, torch.per_channel_affine_float_qparams)
        scales = (
            (tensor.q_per_channel_scales(), tensor.q_per_channel_zero_points())
            if by_channel
            else (torch.tensor([tensor.q_scale()]), torch.tensor([tensor.q_zero_point()]))
        )
        return [tensor.int_repr(), *scales]
    if tensor.layout is torch.sparse_coo:
        return [tensor._indices(), tensor._values()]
    if tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
        return [tensor.crow_indices(), tensor.col_indices(), tensor.values()]
    if tensor.layout in (torch.sparse_csc, torch.sparse_bsc):
        return [tensor.ccol_indices(), tensor.row_indices(), tensor.values()]
    return [tensor if tensor.layout is torch.strided else tensor.to_dense()]


def bytes_of(tensors: Iterable[torch.Tensor]) -> int:
    """Bytes of their numbers; what two of them share (tied embeddings) counts once."""
    parts = [part for tensor in tensors for part in ([tensor] if tensor.is_quantized else stored(tensor))]
    unique = {part.data_ptr(): part for part in parts}
    return sum(part.numel() * part.element_size() for part in unique.values())


def kept(leaf: Any) -> Any:
    """A leaf by itself, on the CPU: what the next call may write over is copied."""
    import numpy as np
    import torch

    if isinstance(leaf, torch.Tensor):
        plain = leaf.to_dense() if leaf.layout is torch._mkldnn else leaf  # type: ignore[attr-defined]
        return plain.detach().cpu().clone().resolve_conj().resolve_neg()
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def numbers(leaf: Any) -> torch.Tensor | None:
    """The numbers of a leaf as one tensor, strided or sparse COO; None for what is no number."""
    import numpy as np
    import torch

    if isinstance(leaf, torch.Tensor):
        return _plain_numbers(leaf)
    if isinstance(leaf, np.ndarray | np.generic):
        return _of_array(leaf) if leaf.dtype.kind in "biufc" else None
    if isinstance(leaf, bool | int | float | complex):
        wide = isinstance(leaf, int) and not -(2**63) <= leaf < 2**63
        kinds = {bool: torch.bool, float: torch.float64, complex: torch.complex128}
        return None if wide else torch.tensor(leaf, dtype=kinds.get(type(leaf), torch.int64))
    return None


def _plain_numbers(tensor: torch.Tensor) -> torch.Tensor:
    import torch

    if tensor.is_quantized:
        return tensor.dequantize()
    if tensor.layout is torch.sparse_coo:
        return tensor.coalesce()
    if tensor.layout is not torch.strided:
        mkldnn = tensor.layout is torch._mkldnn  # type: ignore[attr-defined]
        return tensor.to_dense() if mkldnn else tensor.to_sparse().coalesce()
    if not (tensor.dtype.is_floating_point or tensor.dtype.is_complex) or tensor.dtype.itemsize > 1:
        bits = tensor.dtype.itemsize == 1 and tensor.dtype not in (torch.bool, torch.int8, torch.uint8)
        return tensor.view(torch.uint8) if bits else tensor
    try:
        return tensor.double()
    except (RuntimeError, NotImplementedError):  # two 4-bit numbers a byte: no arithmetic is written for them
        return tensor.view(torch.uint8)


def _of_array(array: Any) -> torch.Tensor:
    import numpy as np
    import torch

    widest = {"f": np.float64, "c": np.complex128}.get(array.dtype.kind)
    own = array.dtype.newbyteorder("=")
    narrow = widest if widest is not None and own.itemsize > np.dtype(widest).itemsize else own
    return torch.from_numpy(np.array(array, dtype=narrow, order="C"))


def aligned(one: torch.Tensor, other: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The values of two coalesced sparse tensors of one shape, wherever one of them has any."""
    import torch

    indices = torch.cat([one.indices(), other.indices()], dim=1)
    dense = other.shape[other.sparse_dim() :]

    def everywhere(each: torch.Tensor) -> torch.Tensor:
        there = torch.ones(indices.shape[1], *dense, dtype=each.dtype)  # a mask has the type of what it is laid over
        where = torch.sparse_coo_tensor(indices, there, other.shape).coalesce()
        return each.sparse_mask(where).coalesce().values()

    return everywhere(one), everywhere(other)
