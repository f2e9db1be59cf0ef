"""Batched: the rows of an input at once, where the module itself takes them one after another.

To the graph: nothing; the same operations on larger tensors. Needs: a module with a method `together`, which takes the
inputs of `forward` and gives the same answer. Can't go: where a module has none. Source: none; it answers the question
whether short texts should be put into one batch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.engines.protocols import Runner
from jitgate.model.errors import Unavailable
from jitgate.model.inputs import Inputs

if TYPE_CHECKING:
    import torch


def batched(module: torch.nn.Module, example: Inputs) -> Runner:  # noqa: ARG001 - the signature of every variant's factory
    """The module's `together`; Unavailable where it has none."""
    together = getattr(module, "together", None)
    if not callable(together):
        raise Unavailable("batched needs a module with a method `together`, as cosyvoice2.short_texts has; use that")
    return together  # type: ignore[no-any-return]
