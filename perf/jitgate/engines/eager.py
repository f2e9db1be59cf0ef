"""Eager: the module as it is. It is what every other variant is compared with, and its output is the right one.

To the graph: nothing. In another precision than float32 the module was converted, or is called under autocast.
Needs: nothing but torch.
Can't go: where an operator has no kernel in the precision (a CPU's Fourier transforms know float32 and float64 only).
Source: torch.nn.Module, torch.autocast (PyTorch documentation).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jitgate.engines.protocols import Runner
from jitgate.model.inputs import Inputs

if TYPE_CHECKING:
    import torch


def eager(module: torch.nn.Module, example: Inputs) -> Runner:  # noqa: ARG001 - the signature of every variant's factory
    """The module itself."""
    return module
