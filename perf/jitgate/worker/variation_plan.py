"""Which inputs of a call can change from call to call, and how. Runs in workers."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

LOOKED_AT = 1 << 16
"""Values that are looked at to tell a mask or a constant from data."""

LEAST_ROW = 4
"""Ids in a row that is put in another order; fewer are rather sizes or lengths than a sequence."""

FEW = 1e6
"""As many different inputs make it unlikely that a call meets those of an earlier one: sessions make some thousands."""


class Change(enum.Enum):
    """What is done to one leaf. SCALED: multiplied by factors. ADDED: zeros get small numbers. REORDERED: each row is
    put in another order. DRAWN: indices into an embedding, any of its rows."""

    SCALED = enum.auto()
    ADDED = enum.auto()
    REORDERED = enum.auto()
    DRAWN = enum.auto()


Plan = dict[int, Change]
"""Position of a leaf -> how it changes."""


def plan_of(every: Sequence[Any], rows: Mapping[int, int], *, together: bool = False) -> Plan:
    """Data, or rows of ids, or what is looked up in an embedding: the first that never comes back, or what comes back
    latest. Where there are none of these, whatever else can change.

    rows: position of a leaf -> how many rows the embedding has in which the model looks it up. together: ids change
    next to data; what is made of ids alone is stored otherwise, and no output shows that.
    """
    tensors = {at: found for at, leaf in enumerate(every) if (found := tensor_of(leaf)) is not None}
    plans: list[Plan] = [
        {at: Change.SCALED for at, leaf in tensors.items() if is_data(leaf)},
        {at: Change.REORDERED for at, leaf in tensors.items() if is_rows_of_ids(leaf)},
        {at: _looked_up(tensors[at]) for at, count in rows.items() if at in tensors and count > 1},
    ]
    data, ids, looked_up = plans
    if together and data:
        return {**{at: how for at, how in looked_up.items() if not _is_positions(tensors[at])}, **ids, **data}
    most = max(plans, key=lambda plan: min(ways(every, plan, rows), FEW))  # the first of equals
    return most or {at: change for at, leaf in tensors.items() if (change := _otherwise(leaf)) is not None}


def ways(every: Sequence[Any], plan: Plan, rows: Mapping[int, int]) -> float:
    """How many different inputs the plan gives; leaves that are put in another order all get the same one."""
    found = 1.0
    for at, change in plan.items():
        leaf = tensor_of(every[at])
        if leaf is None or change in (Change.SCALED, Change.ADDED):
            return math.inf
        found = max(found, _orders(leaf) if change is Change.REORDERED else _power(rows[at], leaf.numel()))
    return found


def tensor_of(leaf: Any) -> torch.Tensor | None:
    """A plain tensor with memory of its own, or an array's numbers as one; None for anything else."""
    import numpy as np
    import torch

    if isinstance(leaf, np.ndarray) and leaf.dtype.kind in "fiubc" and leaf.dtype.isnative:
        return torch.from_numpy(np.array(leaf, order="C")) if leaf.dtype.itemsize <= 16 else None
    return leaf if is_tensor(leaf) else None


def is_tensor(leaf: Any) -> bool:
    """A plain tensor with memory of its own."""
    import torch

    return type(leaf) is torch.Tensor and leaf.layout is torch.strided and not leaf.is_quantized


def is_data(leaf: torch.Tensor) -> bool:
    """Floating-point or complex values, more than two of them different, in memory without gaps or overlaps."""
    import torch

    if not _is_inexact(leaf) or leaf.requires_grad or torch.empty_like(leaf).stride() != leaf.stride():
        return False
    return _distinct(torch.view_as_real(leaf.resolve_conj()) if leaf.is_complex() else leaf) > 2


def is_rows_of_ids(leaf: torch.Tensor) -> bool:
    """Rows of integers that are neither masks nor positions: a sequence of ids, which is one in any order."""
    import torch

    if leaf.dtype not in (torch.int32, torch.int64) or not leaf.is_contiguous():
        return False
    return leaf.dim() >= 2 and leaf.shape[-1] >= LEAST_ROW and _distinct(leaf) > 2 and not _rises(leaf)


def _looked_up(leaf: torch.Tensor) -> Change:
    # Another order keeps what ids stand for (padding, an end); ids that are all alike have no other order.
    return Change.REORDERED if leaf.dim() and _orders(leaf) >= FEW else Change.DRAWN


def _otherwise(leaf: torch.Tensor) -> Change | None:
    """For a leaf that is asked only where no other can change; eager is called with the result first."""
    import torch

    if _is_inexact(leaf):
        return (Change.SCALED if bool((leaf != 0).any()) else Change.ADDED) if leaf.numel() else None
    whole = leaf.dtype in (torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)
    if not whole or not leaf.dim() or leaf.shape[-1] < LEAST_ROW:
        return None
    return None if _distinct(leaf) < 2 or _rises(leaf) else Change.REORDERED


def _is_inexact(leaf: torch.Tensor) -> bool:
    return (leaf.is_floating_point() or leaf.is_complex()) and leaf.dtype.itemsize >= 2


def _is_positions(leaf: torch.Tensor) -> bool:
    return leaf.numel() > 1 and bool(leaf.dim()) and _rises(leaf)


def _rises(leaf: torch.Tensor) -> bool:
    """Whether every row is sorted: positions, or where sequences begin."""
    return bool((leaf[..., 1:] >= leaf[..., :-1]).all())


def _distinct(leaf: torch.Tensor) -> int:
    import torch

    distinct: torch.Tensor = torch.unique(leaf.detach().reshape(-1)[:LOOKED_AT].float())
    return distinct.numel()


def _orders(leaf: torch.Tensor) -> float:
    """In how many orders the last axis can be put that differ."""
    import torch

    columns = leaf.reshape(-1, leaf.shape[-1])[:, :LOOKED_AT]
    _, alike = torch.unique(columns, dim=1, return_counts=True)
    logarithm = math.lgamma(columns.shape[1] + 1) - sum(math.lgamma(count + 1) for count in alike.tolist())
    return math.inf if logarithm > math.log(FEW) + 1 else round(math.exp(logarithm))


def _power(base: int, exponent: int) -> float:
    return math.inf if exponent * math.log(base) > math.log(FEW) + 1 else float(base**exponent)
