"""Reads what the real modules gave, and compares with it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

FOLDER = Path(__file__).parent / "reference"

# Rounding on another CPU moved the real modules' outputs by up to 5.5e-6, and log-probabilities by up to 1.7e-5; the
# mistakes that are easy to make (position biases swapped, another activation, a wrong mask) move them by 8e-3 and more.
ABSOLUTE = 5e-5
LOG_PROBABILITIES = 1e-4


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return loaded


def built(rule: dict[str, Any]) -> Tensor:
    """The input that `rule` describes."""
    if rule["kind"] == "constant int64":
        return torch.tensor(rule["value"])
    generator = np.random.default_rng(rule["seed"])
    if rule["kind"] == "standard_normal float32":
        return torch.from_numpy(generator.standard_normal(rule["shape"], dtype=np.float32))
    below = int(rule["kind"].removeprefix("integers(0, ").removesuffix(")"))
    return torch.from_numpy(generator.integers(0, below, rule["shape"]).astype(np.int32))


def assert_same(got: Tensor, expected: dict[str, Any], tolerance: float = ABSOLUTE) -> None:
    assert list(got.shape) == expected["shape"]
    assert got.dtype is torch.float32
    sample = got.flatten()[expected["sample_index"]]
    torch.testing.assert_close(sample, torch.tensor(expected["sample_value"]), rtol=0.0, atol=tolerance)
    assert got.std(correction=0).item() == pytest.approx(expected["std"], rel=1e-5)


def names_and_shapes(module: nn.Module) -> list[list[Any]]:
    return [[name, list(value.shape)] for name, value in module.state_dict().items()]


def sum_of_weights(module: nn.Module) -> float:
    return math.fsum(value.double().sum().item() for value in module.state_dict().values())


def normal(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape, dtype=np.float32))
