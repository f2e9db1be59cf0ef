"""Inputs that differ from call to call, equal for all workers: a stored answer is wrong for them. Runs in workers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from jitgate.model.inputs import Inputs
from jitgate.values.leaves import copies, leaves
from jitgate.worker import one_thread
from jitgate.worker.variation_plan import Change, Plan, plan_of, tensor_of, ways

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


class VariedInputs:
    """The inputs of call number `n`, made when they are asked for, out of the scenario's own.

    inputs: on the device, before a variant converts them. rows: position of a leaf -> how many rows the embedding has
    in which the model looks it up. `variation_plan` says what changes. Masks, constants, lone numbers, lengths and
    positions stay where anything else can change.
    """

    def __init__(self, inputs: Sequence[Inputs]) -> None:
        self._calls = list(inputs)
        self._plans: dict[int, Plan] = {}
        self._table: tuple[tuple[int, int], torch.Tensor] | None = None
        self._rows: Mapping[int, int] = {}
        self._together = False

    def call(self, number: int, seed: int | None) -> Inputs:
        """Fresh tensors in fresh containers, not of inference mode, whatever the mode of the caller is. seed: None for
        copies of the scenario's own."""
        import torch

        place = number % self.count
        plan = {} if seed is None else self._plan(place)
        positions = itertools.count()

        def fresh(leaf: Any) -> Any:
            at = next(positions)
            return self._varied(leaf, plan[at], number, at, seed or 0) if at in plan else copied(leaf)

        with torch.inference_mode(False), torch.no_grad():
            varied: Inputs = copies(fresh, self._calls[place])
        return varied

    def look_up(self, rows: Mapping[int, int], *, together: bool = False) -> None:
        """From now on leaves at these positions are indices into embeddings of so many rows. together: ids change next
        to data."""
        if (rows, together) != (self._rows, self._together):
            self._rows, self._together = dict(rows), together
            self._plans.clear()

    @property
    def mixed(self) -> bool:
        """Whether ids of the first call change next to its data."""
        changes = set(self._plan(0).values())
        return Change.SCALED in changes and len(changes) > 1

    @property
    def count(self) -> int:
        """How many calls the scenario has; call `n` and call `n + count` are made of the same one."""
        return len(self._calls)

    @property
    def ways(self) -> float:
        """How many different inputs the first call can have; 1 where none can change."""
        return ways(leaves(self._calls[0]), self._plan(0), self._rows)

    def _plan(self, place: int) -> Plan:
        if place not in self._plans:
            self._plans[place] = plan_of(leaves(self._calls[place]), self._rows, together=self._together)
        return self._plans[place]

    def _varied(self, given: Any, change: Change, number: int, at: int, seed: int) -> Any:
        import torch

        leaf = tensor_of(given)
        assert leaf is not None, "the plan has such leaves alone"  # noqa: S101 - for the type checker
        generator = torch.Generator().manual_seed(seed * 1_000_003 + number)
        if change is Change.REORDERED:
            order = torch.randperm(leaf.shape[-1], generator=generator)
            varied = leaf.index_select(-1, order.to(leaf.device))
        elif change is Change.DRAWN:
            drawn = torch.randint(self._rows[at], leaf.shape, generator=generator)
            varied = drawn.to(leaf.device, leaf.dtype)
        else:
            sizes = _repeated(leaf.shape)
            begin = (number + 641 * at) % SHIFTS
            factors = self._factors(seed, number // TABLE_CALLS, leaf.device)[begin : begin + _count(sizes)].view(sizes)
            varied = torch.empty_like(leaf, requires_grad=False)
            if change is Change.ADDED:
                one_thread.copy(factors - LEAST_FACTOR, varied)
            else:
                one_thread.multiply(leaf, factors, varied)
        return varied if isinstance(given, torch.Tensor) else varied.numpy()

    def _factors(self, seed: int, block: int, device: torch.device) -> torch.Tensor:
        import torch

        if self._table is None or self._table[0] != (seed, block):
            widest = max(_count(_repeated(leaf.shape)) for leaf in self._tensors())
            generator = torch.Generator().manual_seed(seed * 1_000_003 + block)
            table = torch.rand(widest + SHIFTS, generator=generator, dtype=torch.float32)  # whatever the default is
            self._table = (seed, block), table.mul_(1 - LEAST_FACTOR).add_(LEAST_FACTOR).to(device)
        return self._table[1]

    def _tensors(self) -> Iterator[torch.Tensor]:
        every = (tensor_of(leaf) for leaf in leaves(self._calls))
        return (leaf for leaf in every if leaf is not None)


def fresh(call: partial[Any]) -> partial[Any]:
    """The same call with inputs of its own: a model may change them, and the next call must not see that."""
    import torch

    with torch.inference_mode(False), torch.no_grad():
        return partial(call.func, *copies(copied, call.args), **copies(copied, call.keywords))


def copied(leaf: Any) -> Any:
    """A tensor or array of its own, with the same values and strides."""
    import numpy as np
    import torch

    if isinstance(leaf, torch.Tensor):
        return leaf.clone()
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


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
