"""Inputs that differ from call to call, equal for all workers: a stored answer is wrong for them. Runs in workers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from jitgate.model.inputs import Inputs
from jitgate.values.leaves import leaves, mapped
from jitgate.values.tensors import tensors_in

if TYPE_CHECKING:
    import torch

LEAST_FACTOR = 0.5
"""Each value is multiplied by a factor from here to 1: zeros, signs and the range around zero stay what they are."""

SHIFTS = 4093
"""Places in the table of factors at which a call's factors begin; a prime, so that call numbers go through all."""

TABLE_CALLS = 1024
"""Calls that share a table; the next ones get another, so that no call's inputs come back."""

WIDEST = 1 << 20
"""Values of a table, shifts aside: a larger tensor repeats its factors along its first axes."""

LOOKED_AT = 1 << 16
"""Values that are looked at to tell a mask or a constant from data."""

LEAST_ROW = 4
"""Ids in a row that is put in another order; fewer are rather sizes or lengths than a sequence."""


class VariedInputs:
    """The inputs of call number `n`, made when they are asked for, out of the scenario's own.

    inputs: on the device, before a variant converts them. seed: None for copies of the scenario's own.
    Floating-point and complex data are multiplied by random factors; where there are none, rows of ids are put in
    another order. Masks (at most two values), constants, lone numbers, lengths and everything else stay.
    """

    def __init__(self, inputs: Sequence[Inputs]) -> None:
        self._calls = list(inputs)
        self._plans: dict[int, dict[int, str]] = {}
        self._table: tuple[tuple[int, int], torch.Tensor] | None = None

    def call(self, number: int, seed: int | None) -> Inputs:
        """Fresh tensors, not of inference mode, whatever the mode of the caller is."""
        import torch

        place = number % self.count
        plan = {} if seed is None else self._plan(place)
        positions = itertools.count()

        def fresh(leaf: Any) -> Any:
            at = next(positions)
            return self._varied(leaf, plan[at], number, at, seed or 0) if at in plan else copied(leaf)

        with torch.inference_mode(False), torch.no_grad():
            varied: Inputs = mapped(fresh, self._calls[place])
        return varied

    @property
    def count(self) -> int:
        """How many calls the scenario has; call `n` and call `n + count` are made of the same one."""
        return len(self._calls)

    @property
    def varies(self) -> bool:
        """Whether any input of the first call can change."""
        return bool(self._plan(0))

    def _plan(self, place: int) -> dict[int, str]:
        """Position of a leaf -> how it changes."""
        if place not in self._plans:
            every = leaves(self._calls[place])
            data = {at: "scaled" for at, leaf in enumerate(every) if is_data(leaf)}
            self._plans[place] = data or {at: "reordered" for at, leaf in enumerate(every) if is_rows_of_ids(leaf)}
        return self._plans[place]

    def _varied(self, leaf: torch.Tensor, how: str, number: int, at: int, seed: int) -> torch.Tensor:
        import torch

        if how == "reordered":
            generator = torch.Generator().manual_seed(seed * 1_000_003 + number)
            order = torch.randperm(leaf.shape[-1], generator=generator)
            return leaf.index_select(-1, order.to(leaf.device))
        sizes = _repeated(leaf.shape)
        count = 1
        for size in sizes:
            count *= size
        begin = (number + 641 * at) % SHIFTS
        factors = self._factors(seed, number // TABLE_CALLS, leaf.device)[begin : begin + count].view(sizes)
        varied = torch.empty_like(leaf)
        return torch.mul(leaf, factors, out=varied)

    def _factors(self, seed: int, block: int, device: torch.device) -> torch.Tensor:
        import torch

        if self._table is None or self._table[0] != (seed, block):
            widest = max(_count(_repeated(leaf.shape)) for leaf in tensors_in(self._calls))
            generator = torch.Generator().manual_seed(seed * 1_000_003 + block)
            table = torch.rand(widest + SHIFTS, generator=generator)
            self._table = (seed, block), table.mul_(1 - LEAST_FACTOR).add_(LEAST_FACTOR).to(device)
        return self._table[1]


def fresh(call: partial[Any]) -> partial[Any]:
    """The same call with tensors of its own: a model may change its inputs, and the next call must not see that."""
    import torch

    with torch.inference_mode(False), torch.no_grad():
        return partial(call.func, *mapped(copied, call.args), **mapped(copied, call.keywords))


def copied(leaf: Any) -> Any:
    """A tensor or array of its own, with the same values and strides."""
    import numpy as np
    import torch

    if isinstance(leaf, torch.Tensor):
        return leaf.clone()
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def is_tensor(leaf: Any) -> bool:
    """A plain tensor with memory of its own."""
    import torch

    return type(leaf) is torch.Tensor and leaf.layout is torch.strided and not leaf.is_quantized


def is_data(leaf: Any) -> bool:
    """Floating-point or complex values, more than two of them different, in memory without gaps or overlaps."""
    import torch

    if not is_tensor(leaf) or not (leaf.is_floating_point() or leaf.is_complex()) or leaf.dtype.itemsize < 2:
        return False
    if leaf.requires_grad or torch.empty_like(leaf).stride() != leaf.stride():
        return False
    return _distinct(torch.view_as_real(leaf.resolve_conj()) if leaf.is_complex() else leaf) > 2


def is_rows_of_ids(leaf: Any) -> bool:
    """Rows of integers that are neither masks nor positions: a sequence of ids, which is one in any order."""
    import torch

    if not is_tensor(leaf) or leaf.dtype not in (torch.int32, torch.int64) or not leaf.is_contiguous():
        return False
    if leaf.dim() < 2 or leaf.shape[-1] < LEAST_ROW or _distinct(leaf) <= 2:
        return False
    return not bool((leaf.diff(dim=-1) >= 0).all())


def _distinct(leaf: torch.Tensor) -> int:
    import torch

    distinct: torch.Tensor = torch.unique(leaf.detach().reshape(-1)[:LOOKED_AT].float())
    return distinct.numel()


def _repeated(shape: Sequence[int]) -> tuple[int, ...]:
    """The last axes of a tensor that have factors of their own."""
    sizes = tuple(shape[-1:])
    for size in reversed(shape[:-1]):
        if size * _count(sizes) > WIDEST:
            break
        sizes = (size, *sizes)
    return sizes


def _count(sizes: Sequence[int]) -> int:
    count = 1
    for size in sizes:
        count *= size
    return count
