"""Does eager repeat itself, and can its inputs change from call to call? Asked before anything is compared with it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from jitgate.model.inputs import Inputs
from jitgate.model.probe_baseline import EagerProbe
from jitgate.values.leaves import leaves
from jitgate.values.tensors import kept
from jitgate.worker.accuracy import compare, not_finite
from jitgate.worker.before_call import BeforeCall
from jitgate.worker.dropped_hooks import hooks_of, without_hooks
from jitgate.worker.own_state import OwnState, parametrised
from jitgate.worker.variation_plan import FEW
from jitgate.worker.varied_inputs import VariedInputs

Bound = Callable[[Inputs], Callable[[], Any]]
Output = Callable[..., list[Any]]

REPEATS = 1e-5
"""Relative L2 distance of two calls on equal inputs, at most: threads that add in another order are nearer."""

VARIED_CALLS = 2
"""Calls with other inputs that are tried."""


def probe(inputs: VariedInputs, bound: Bound, before: BeforeCall, seed: int, module: Any = None) -> EagerProbe:
    """Calls of the first input: twice as it is, with one seed and with another, and with changed values."""
    import torch

    def output(values: Inputs, *, seeded: bool = False) -> list[Any]:
        before(0)
        if seeded:
            torch.manual_seed(0)
        with torch.inference_mode():
            return [kept(leaf) for leaf in leaves(bound(values)())]

    given, own = inputs.call(0, None), leaves(inputs.call(0, None))
    state = OwnState(module)
    first = output(given)
    updates = state.changed()
    changes = tuple(
        at for at, (one, other) in enumerate(zip(leaves(given), own, strict=True)) if not _equal(one, other)
    )
    again = output(inputs.call(0, None))
    differs = "" if not_finite(first) or _same(again, first) else _cause(inputs, output)
    hooks = () if module is None or differs else hooks_of(module)
    if hooks:
        with without_hooks(module):
            hooks = hooks if _same(output(inputs.call(0, None)), first) else ()
    rows = _rows(inputs, output)
    inputs.look_up(rows)
    fixed, others = _fixed(inputs, output, first, seed)
    few = 0 if fixed or inputs.ways >= FEW else int(inputs.ways)
    return EagerProbe(fixed, changes, differs, hooks, updates, parametrised(module), inputs.count, others, few, rows)


def _cause(inputs: VariedInputs, output: Output) -> str:
    """Why a second call differs."""
    import torch

    state = torch.get_rng_state()
    seeded = [output(inputs.call(0, None), seeded=True) for _ in range(2)]
    torch.set_rng_state(state)
    return "it draws random numbers" if _same(*seeded) else "it keeps state from call to call"


def _rows(inputs: VariedInputs, output: Output) -> dict[int, int]:
    """See `EagerProbe.rows`; empty where that need not be known, or can't be."""
    if inputs.ways >= FEW:
        return {}
    from jitgate.worker.look_ups import LookUps

    values = inputs.call(0, None)
    looked = LookUps(leaves(values))
    with contextlib.suppress(Exception), looked:
        output(values)
    return looked.rows


def _fixed(inputs: VariedInputs, output: Output, first: list[Any], seed: int) -> tuple[str, bool]:
    """Why inputs can't change, "" where they can; and whether eager takes other values."""
    if inputs.ways <= 1:
        return "they hold no data that may change (numbers, or ids in rows)", False
    sizes, why = [getattr(leaf, "shape", None) for leaf in first], ""
    for number in range(VARIED_CALLS):
        try:
            found = output(inputs.call(number * inputs.count, seed))
        except Exception as error:  # noqa: BLE001 - whatever a model says to other values, it keeps its own
            return f"eager raised {type(error).__name__} for other values", False
        if [getattr(leaf, "shape", None) for leaf in found] != sizes:
            why = "the sizes of eager's output depend on their values"
        elif not_finite(found) > not_finite(first):
            why = "eager gives NaN or Inf for other values"
    return why, True


def _same(one: list[Any], other: list[Any]) -> bool:
    found = compare(one, other)
    return found.rel_l2 <= REPEATS and not found.unequal and not found.mismatch


def _equal(one: Any, other: Any) -> bool:
    import torch

    if not isinstance(one, torch.Tensor):
        return True
    return torch.equal(one.nan_to_num(), other.nan_to_num()) if one.is_floating_point() else torch.equal(one, other)
