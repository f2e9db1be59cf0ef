"""Weights follow from names: equal in every process, and equal to the numbers the reference outputs were made with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from jitgate.workloads.weights import build_seeded, seeded_weight
from torch import nn

EXAMPLES = [
    example
    for file in sorted((Path(__file__).parent / "reference").glob("*.json"))
    for example in json.loads(file.read_text()).get("weights", [])
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_published_examples(example: dict[str, object]) -> None:
    shape = example["shape"]
    assert isinstance(shape, list)
    value = seeded_weight(str(example["name"]), tuple(shape))
    assert value.dtype is torch.float32
    assert value.flatten()[:4].tolist() == pytest.approx(example["first4"], abs=1e-7)


def test_scale_depends_on_role() -> None:
    assert seeded_weight("a.weight", (400, 400)).std().item() == pytest.approx(0.05, rel=0.02)
    assert seeded_weight("norm.weight", (10_000,)).mean().item() == pytest.approx(1.0, abs=0.01)
    bias = seeded_weight("a.bias", (10_000,))
    assert bias.mean().item() == pytest.approx(0.0, abs=0.01)
    assert bias.std().item() == pytest.approx(0.1, rel=0.05)


def test_a_vocoder_s_gains_and_frequencies_are_around_one() -> None:
    gain = seeded_weight("conv.parametrizations.weight.original0", (10_000, 1, 1))
    assert gain.mean().item() == pytest.approx(0.8, abs=0.01)
    assert gain.std().item() == pytest.approx(0.08, rel=0.05)
    alpha = seeded_weight("activations1.0.alpha", (10_000,))
    assert alpha.mean().item() == pytest.approx(1.0, abs=0.01)


def test_build_seeded_leaves_no_meta_tensor_and_no_generator_touched() -> None:
    before = torch.random.get_rng_state(), repr(np.random.get_state())  # noqa: NPY002 - the global one is meant

    module = build_seeded(lambda: nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4)))

    assert torch.equal(before[0], torch.random.get_rng_state())
    assert before[1] == repr(np.random.get_state())  # noqa: NPY002
    assert not module.training
    assert all(value.device.type == "cpu" and not value.requires_grad for value in module.parameters())
    assert torch.equal(module.state_dict()["0.weight"], seeded_weight("0.weight", (4, 3)))
    assert module(torch.zeros(1, 3)).isfinite().all()


def test_buffers_are_seeded_too() -> None:
    class Offset(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("offset", torch.zeros(5))

    module = build_seeded(Offset)
    assert torch.equal(module.state_dict()["offset"], seeded_weight("offset", (5,)))


def test_a_parameter_of_two_names_stays_one() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(5, 3)
            self.out = nn.Linear(3, 5, bias=False)
            self.out.weight = self.table.weight

    module = build_seeded(Tied)
    assert module.out.weight is module.table.weight
    assert torch.equal(module.out.weight, seeded_weight("table.weight", (5, 3)))
