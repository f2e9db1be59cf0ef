"""Outputs of the real modules, as numbers: how they are read, and how ours are held against them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tests.jitgate_cosyvoice.fingerprints import FOLDER


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((FOLDER / f"cosyvoice2_{name}.json").read_text())
    return loaded


def build_input(rule: dict[str, Any]) -> Tensor:
    """The tensor that a rule of a reference file stands for."""
    kind = rule["kind"]
    if kind == "constant int64":
        return torch.tensor(rule["value"])
    if kind == "constant float32":
        return torch.tensor(rule["value"], dtype=torch.float32)
    if kind == "lengths":
        return (torch.arange(rule["frames"]) < torch.tensor(rule["value"]).unsqueeze(1)).float().unsqueeze(1)
    generator = np.random.default_rng(rule["seed"])
    if kind == "integers int32":
        return torch.from_numpy(generator.integers(0, rule["below"], rule["shape"]).astype(np.int32))
    assert kind == "standard_normal float32"
    drawn = generator.standard_normal(rule["shape"], dtype=np.float32)
    return torch.from_numpy(drawn * np.float32(rule.get("multiplied_by", 1)))


def outputs_of(module: nn.Module, names: list[str], run: Any) -> dict[str, Tensor]:
    """First output of each named submodule in its first call while `run()` runs."""
    outputs: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        def hook(_module: nn.Module, _inputs: object, output: Any) -> None:
            outputs.setdefault(name, output[0] if isinstance(output, tuple) else output)

        return hook

    handles = [module.get_submodule(name).register_forward_hook(keep(name)) for name in names]
    with torch.inference_mode():
        run()
    for handle in handles:
        handle.remove()
    return outputs
