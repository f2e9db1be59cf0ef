"""Eager: the module as it is. It is what every other variant is compared with, and its output is the right one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perf.variants.variant import Call
from perf.workloads.workload import Inputs

if TYPE_CHECKING:
    import torch


def eager(module: torch.nn.Module, example: Inputs) -> Call:  # noqa: ARG001 - the signature of every variant's factory
    """The module itself."""
    return module
