"""Does eager repeat itself, and can its inputs change from call to call? Asked before anything is compared with it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from jitgate.model.inputs import Inputs
from jitgate.model.non_finite import NonFinite
from jitgate.model.probe_baseline import EagerProbe
from jitgate.values.leaves import leaves, walk
from jitgate.values.tensors import kept
from jitgate.worker.accuracy import compare, not_finite
from jitgate.worker.before_call import BeforeCall
from jitgate.worker.dropped_calls import overrides_of, without_overrides
from jitgate.worker.dropped_hooks import hooks_of, without_hooks
from jitgate.worker.leaf_difference import LeafDifference, leaf_difference
from jitgate.worker.own_state import OwnState, parametrised
from jitgate.worker.variation_plan import FEW
from jitgate.worker.varied_inputs import VariedInputs
from jitgate.workloads.call_mode import MODE
from jitgate.workloads.generators import seeded

Bound = Callable[[Inputs], Callable[[], Any]]
Output = Callable[[Inputs], list[Any]]
Part = TypeVar("Part")

REPEATS = 1e-5
"""Relative L2 distance of two calls on equal inputs, at most: threads that add in another order are nearer."""

MOST_ALONE = 8
"""Hooks, or overrides of `__call__`, that are left out one by one, each in a call of its own."""

VARIED_CALLS = 2
"""Calls with other inputs that are tried."""


def probe(inputs: VariedInputs, bound: Bound, before: BeforeCall, seed: int, module: Any = None) -> EagerProbe:
    """Calls of the first input: twice as it is, with one seed and with another, and with changed values."""
    with MODE():  # also what comes of a call: some kinds of tensors can't be read in another mode
        return _probed(inputs, bound, before, seed, module)


def _probed(inputs: VariedInputs, bound: Bound, before: BeforeCall, seed: int, module: Any) -> EagerProbe:
    def output(values: Inputs) -> list[Any]:
        before(0)
        return [kept(leaf) for leaf in leaves(bound(values)())]

    given, own = inputs.call(0, None), inputs.call(0, None)
    state = OwnState(module)
    first = output(given)
    updates = state.changed()
    changes = _changes(dict(walk(given)), dict(walk(own)))
    again = output(inputs.call(0, None))
    differs = "" if not_finite(first) or _same(again, first) else _cause(inputs, output)
    hooks, overrides = _dropped(module, inputs, output, first) if module is not None and not differs else ((), ())
    rows = _rows(inputs, output)
    inputs.look_up(rows, together=True)
    fixed, others = _fixed(inputs, output, first, seed)
    together = inputs.mixed and not fixed
    if inputs.mixed and fixed:
        inputs.look_up(rows)
        fixed, others = _fixed(inputs, output, first, seed)
    few = 0 if fixed or inputs.ways >= FEW else int(inputs.ways)
    computed = parametrised(module)
    return EagerProbe(
        fixed,
        changes,
        differs,
        hooks,
        updates,
        computed,
        inputs.count,
        others,
        few,
        rows,
        together,
        no_grad=MODE.no_grad,
        overrides=overrides,
    )


def _cause(inputs: VariedInputs, output: Output) -> str:
    """Why a second call differs."""
    found = []
    for _ in range(2):
        with seeded(0):
            found.append(output(inputs.call(0, None)))
    return "it draws random numbers" if _same(*found) else "it keeps state from call to call"


def _dropped(
    module: Any, inputs: VariedInputs, output: Output, first: list[Any]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The hooks, and the overrides of `__call__`, that run in a call and change no output, by name: what does change
    it, or is needed to have one, is seen by a comparison of outputs."""

    def is_same() -> bool:
        try:
            return _same(output(inputs.call(0, None)), first)
        except Exception:  # noqa: BLE001 - whatever a model raises without a part of it
            return False

    hooks: list[str] = []
    for names in _groups(hooks_of(module)):
        with without_hooks(module, names):
            hooks += names if is_same() else ()
    overrides: list[str] = []
    for group in _groups(overrides_of(module)):
        with without_overrides(group) as ran:
            overrides += [str(each) for each in group if each in ran] if is_same() else ()
    return tuple(hooks), tuple(overrides)


def _groups(parts: Sequence[Part]) -> list[Sequence[Part]]:
    """One at a time, as far as that is few calls: what one of them changes must not hide that others change nothing."""
    return [(part,) for part in parts] if len(parts) <= MOST_ALONE else [parts]


def _rows(inputs: VariedInputs, output: Output) -> dict[int, int]:
    """See `EagerProbe.rows`; empty where that can't be known."""
    from jitgate.building.look_ups import LookUps

    values = inputs.call(0, None)
    looked = LookUps(leaves(values))
    if not looked.known:
        return {}
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


def _changes(now: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[int, ...]:
    """Positions of the leaves that are others now, or gone."""
    equal = LeafDifference()
    return tuple(
        at
        for at, (path, leaf) in enumerate(before.items())
        if path not in now or leaf_difference(now[path], leaf, NonFinite.EQUAL) != equal
    )
