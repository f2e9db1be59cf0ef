"""Weights of our modules: seeded, so that every tensor follows from its name alone, or those of a checkpoint."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch

from jitgate.workloads.checkpoint import read_weights
from jitgate.workloads.weight_source import current

if TYPE_CHECKING:
    from collections.abc import Callable

    from jitgate.workloads.checkpoint import CheckpointPart

Module = TypeVar("Module", bound=torch.nn.Module)


def seeded_weight(name: str, shape: tuple[int, ...]) -> torch.Tensor:
    """The float32 tensor that `name` stands for.

    n = standard normal draws from `numpy.random.default_rng(crc32(name))`; the first line that matches gives the value:

    | name, axes                                  | value              |
    | ends with `original0` (weight norm's gain)  | 0.8 x (1 + 0.1 n)  |
    | ends with `alpha` (Snake's frequency)       | 1 + 0.1 x n        |
    | two or more axes                            | 0.05 x n           |
    | ends with `weight` (a norm's)               | 1 + 0.1 x n        |
    | otherwise (a bias)                          | 0.1 x n            |

    0.05 keeps attention scores of order 1 at the usual widths, and makes mistakes in a graph visible: with 0.02, two
    swapped position biases moved the output of a conformer encoder by only 2e-4. The first two lines keep a
    vocoder's audio inside its limits.
    """
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    value = generator.standard_normal(shape, dtype=np.float32)
    around_one = name.endswith(("original0", "alpha")) or (len(shape) < 2 and name.endswith("weight"))
    value *= np.float32(0.05 if len(shape) >= 2 and not around_one else 0.1)
    if around_one:
        value += np.float32(1)
    if name.endswith("original0"):
        value *= np.float32(0.8)
    return torch.from_numpy(value)


def build_seeded(build: Callable[[], Module], *parts: CheckpointPart) -> Module:
    """`build()` in eval mode on the CPU, with seeded weights; or with `parts` of the checkpoint, where there is one.

    It is built on the meta device: torch's own initialisation of 38 million weights costs more than drawing ours.
    Tensors that are neither parameters nor buffers must therefore name their device in `build`. A parameter of two
    names is drawn by the first and stays one. Raises UsageError for a checkpoint that does not fit.
    """
    with torch.device("meta"):
        module = build()
    checkpoint = current().checkpoint
    if parts and checkpoint is not None:
        weights: dict[str, torch.Tensor] = {**read_weights(checkpoint, parts, module)}
    else:
        weights = _seeded_weights(module)
    module.load_state_dict(weights, strict=True, assign=True)
    return module.eval().requires_grad_(False)


def _seeded_weights(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    owners = {name: id(value) for name, value in module.named_parameters(remove_duplicate=False)}
    drawn: dict[int, torch.nn.Parameter] = {}
    weights: dict[str, torch.Tensor] = {}
    for name, value in module.state_dict().items():
        owner = owners.get(name)
        if owner is None:
            weights[name] = seeded_weight(name, tuple(value.shape))
            continue
        if owner not in drawn:
            drawn[owner] = torch.nn.Parameter(seeded_weight(name, tuple(value.shape)), requires_grad=False)
        weights[name] = drawn[owner]
    return weights
