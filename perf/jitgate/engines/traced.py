"""A module as the graph that one call of it leaves: `torch.jit.trace`, checked on other values."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from jitgate.engines.graph.onnx_graph import Wiring, assembly
from jitgate.engines.protocols import Facts
from jitgate.engines.refusal import refusing
from jitgate.engines.remembered import needed, operators_of
from jitgate.engines.scripted import Scripted
from jitgate.model.errors import Unavailable
from jitgate.model.inputs import Inputs, arguments, called
from jitgate.values.leaves import mapped

if TYPE_CHECKING:
    import torch

APART = 1e-3
"""Relative L2 distance from the module beyond which a trace runs other operations: the same ones, by the same kernels,
differ in the last bits at most."""

REFUSED = "torchscript+trace can't carry this model"


def traced(module: torch.nn.Module, calls: Sequence[Inputs]) -> tuple[torch.jit.ScriptModule, Facts]:
    """The graph of the first of `calls`, and what `Traced` needs to call it.

    A trace keeps the path that its call took. So it is compared with the module on every call, and on other values of
    the same sizes: Unavailable where they differ, since control flow then depends on sizes or on data. Plain values of
    a call are constants of its signature, which all of `calls` have in common.
    """
    import torch
    from torch.utils import _pytree

    leaves, structure = _pytree.tree_flatten(arguments(calls[0]))
    places = [place for place, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]
    with torch.no_grad():
        answer, answered = _pytree.tree_flatten(called(module, _copied(calls[0])))
    if not all(isinstance(leaf, torch.Tensor) for leaf in answer):
        raise Unavailable(f"{REFUSED}: a trace returns tensors only, and this model also returns plain values")

    class Flat(torch.nn.Module):
        """Tensors in, tensors out."""

        def __init__(self) -> None:
            super().__init__()
            self.module = module

        def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
            whole = list(leaves)
            for place, tensor in zip(places, tensors, strict=True):
                whole[place] = tensor
            args, kwargs = _pytree.tree_unflatten(whole, structure)
            return tuple(_pytree.tree_leaves(self.module(*args, **kwargs)))

    with warnings.catch_warnings(), torch.no_grad(), refusing("torch.jit.trace"):
        warnings.simplefilter("ignore")  # of what is constant in the trace: the comparison says whether it matters
        example = _pytree.tree_leaves(arguments(_copied(calls[0])))
        tensors = tuple(example[place] for place in places)
        found = torch.jit.trace(Flat().eval(), tensors, check_trace=False)  # type: ignore[no-untyped-call]
    names = [f"tensor {place}" if place in places else None for place in range(len(leaves))]
    facts = {"inputs": json.dumps(names), "answer": assembly(answered)}
    facts |= needed([answered], operators_of(found))
    for what, inputs in _others(calls):
        apart = _apart(module, Traced(found, facts), inputs)
        if apart is not None and not apart <= APART:
            raise Unavailable(
                f"{REFUSED}: its control flow depends on data or sizes, and a trace keeps one path: with {what} the "
                f"trace gives another answer (relative L2 distance {apart:.1e}); use an engine that keeps control flow"
            )
    return found, facts


class Traced(Scripted):
    """A traced graph, called as the module is."""

    def __init__(self, module: torch.jit.ScriptModule, facts: Facts) -> None:
        super().__init__(module)
        self._wiring = Wiring(facts)
        self._names = [name for name in json.loads(facts["inputs"]) if name is not None]

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        return self._wiring.answer(super().__call__(*self._wiring.feeds(inputs, self._names, named)))


def _others(calls: Sequence[Inputs]) -> Iterator[tuple[str, Inputs]]:
    """What is compared, and its inputs: other calls, and the first with values in another order, sign and size."""
    yield from (("the inputs of another call", call) for call in calls[1:])
    for factor in (-1.0, 100.0, 0.0):
        yield "other values of the same sizes", _changed(calls[0], factor)


def _changed(inputs: Inputs, factor: float) -> Inputs:
    """Values in reverse order; floating ones times `factor`, others stay in their range (ids, masks)."""
    import torch

    def change(leaf: Any) -> Any:
        if not isinstance(leaf, torch.Tensor):
            return leaf
        turned = leaf.flip(tuple(range(leaf.dim())))
        return turned * factor if leaf.is_floating_point() or leaf.is_complex() else turned

    changed: Inputs = mapped(change, inputs)
    return changed


def _copied(inputs: Inputs) -> Inputs:
    """For a model that changes its inputs."""
    import torch

    copied: Inputs = mapped(lambda leaf: leaf.clone() if isinstance(leaf, torch.Tensor) else leaf, inputs)
    return copied


def _apart(module: torch.nn.Module, run: Traced, inputs: Inputs) -> float | None:
    """Largest relative L2 distance of an answer; None where the module itself can't take these values, or does not
    repeat itself."""
    import torch
    from torch.utils import _pytree

    with torch.no_grad():
        try:
            right, again = (_pytree.tree_leaves(called(module, _copied(inputs))) for _ in range(2))
        except Exception:  # noqa: BLE001 - values that no one asked for may be out of the model's range
            return None
        try:
            found = _pytree.tree_leaves(called(run, _copied(inputs)))
        except Exception:  # noqa: BLE001 - sizes that the trace does not have
            return float("inf")
    if _distance(again, right) > APART:
        return None
    return _distance(found, right)


def _distance(found: Sequence[torch.Tensor], right: Sequence[torch.Tensor]) -> float:
    import torch

    worst = 0.0
    for one, other in zip(found, right, strict=True):
        if one.shape != other.shape:
            return float("inf")
        wide = torch.complex128 if other.is_complex() else torch.float64
        left, wanted = (torch.nan_to_num(each.to(wide)) for each in (one, other))
        apart, size = float((left - wanted).norm()), float(wanted.norm())
        worst = max(worst, apart / size if size else (float("inf") if apart else 0.0))
    return worst
