"""Which inputs and which weights were measured: digests by which later runs tell whether they measure the same."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jitgate.model.content_digests import ContentDigests
from jitgate.model.inputs import Inputs
from jitgate.values.leaves import leaves
from jitgate.values.tensors import stored

if TYPE_CHECKING:
    import torch

DIGITS = 12
"""Of each half of a digest."""


def content_digests(
    module: torch.nn.Module, calls: Mapping[str, Sequence[Inputs]], weights_digest: str
) -> dict[str, ContentDigests]:
    """calls: scenario -> its calls of `module`. weights_digest: of the values of its weights, which takes time."""
    form = "".join(
        f"{name} {getattr(each, 'dtype', '')} {getattr(each, 'shape', '')}\n"
        for name, each in module.state_dict().items()
    )
    weights = f"{hashlib.sha256(form.encode()).hexdigest()[:DIGITS]}-{weights_digest[:DIGITS]}"
    return {scenario: ContentDigests(_inputs_digest(each), weights) for scenario, each in calls.items()}


def _inputs_digest(calls: Sequence[Inputs]) -> str:
    return _digest((str(number), leaf) for number, call in enumerate(calls) for leaf in leaves(call))


def _digest(named: Iterable[tuple[str, Any]]) -> str:
    """`FORM-BITS`: a digest of names, types and sizes, and one of the values too.

    Random values may differ in their last bits from processor to processor, the form never does.
    """
    import torch

    form, bits = hashlib.sha256(), hashlib.sha256()
    for name, leaf in named:
        if isinstance(leaf, torch.Tensor):
            said = f"{name} {leaf.dtype} {tuple(leaf.shape)}\n"
            for part in stored(leaf):
                flat = part.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
                if flat.numel():
                    bits.update(flat.view(torch.uint8).numpy().data)
        else:
            plain = isinstance(leaf, bool | int | float | str | bytes | None)
            said = f"{name} {leaf!r}\n" if plain else f"{name} {type(leaf).__qualname__}\n"
        form.update(said.encode())
        bits.update(said.encode())
    return f"{form.hexdigest()[:DIGITS]}-{bits.hexdigest()[:DIGITS]}"
