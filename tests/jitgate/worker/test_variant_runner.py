"""A variant on a worker: what is tried before an export leaves a module that can be exported."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from jitgate.engines.protocols import Facts
from jitgate.model.errors import Unavailable
from jitgate.model.variant import VariantSpec
from jitgate.worker.variant_runner import VariantRunner
from torch import Tensor, nn


class Keeps(nn.Module):
    """Makes a table at its first call, and keeps it."""

    def __init__(self) -> None:
        super().__init__()
        self.table = torch.ones(4)

    def forward(self, x: Tensor) -> Tensor:
        self.table = self.table.to(x.dtype)
        return x * self.table


class Looks:
    """An engine that tells whether the table could be followed by `torch.export`, which inference tensors can't."""

    suffix = ".txt"
    per_signature = False

    def export(self, module: Keeps, calls: list[tuple[Tensor, ...]], path: Path) -> Facts:
        path.write_text(f"{module.table.dtype} {module.table.is_inference()}")
        return {}


def test_what_a_module_keeps_from_being_tried_in_its_precision_can_be_exported(tmp_path: Path) -> None:
    spec = VariantSpec(
        name="looks+bf16",
        factory="tests.jitgate.worker.test_variant_runner:Looks",
        where="test",
        precision="bf16",
        engine="looks",
        exported=True,
    )
    path = tmp_path / "table.txt"
    VariantRunner(spec, "cpu").export(Keeps(), [(torch.ones(4),)], path)
    assert path.read_text() == "torch.bfloat16 False"


def test_a_precision_that_a_compiler_finds_mixed_is_refused_in_the_operators_own_words() -> None:
    spec = VariantSpec(
        name="compile+bf16",
        factory="jitgate.engines.compiled:compiled",
        where="test",
        precision="bf16",
        engine="compile",
    )
    mixes = torch.compile(nn.Conv1d(18, 64, 30).bfloat16(), fullgraph=True)
    with pytest.raises(RuntimeError, match="Dynamo failed") as caught:
        mixes(torch.zeros(1, 18, 100))
    with pytest.raises(Unavailable) as refused:
        VariantRunner(spec, "cpu").explain(caught.value)
    assert str(refused.value) == (
        "compile+bf16: this model mixes bf16 with another precision: "
        "Input type (float) and bias type (c10::BFloat16) should be the same"
    )
