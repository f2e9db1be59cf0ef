"""Seeded calls: eager and what inductor compiles draw the same numbers, and a file is no other's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
import torch._inductor.config
from jitgate.engines.builtin import built_in
from jitgate.engines.compiler import missing_compiler
from jitgate.worker.before_call import before_calls_of
from jitgate.worker.content import runtime_facts
from jitgate.worker.variant_runner import VariantRunner
from jitgate.workloads.workload import Workload


class Drawing(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(16, 16)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.dropout(self.layer(x), 0.5, True) + torch.randn_like(x)


CALL = (torch.ones(4, 16),)


@pytest.fixture(autouse=True)
def own_random() -> Iterator[None]:
    """The setting belongs to the process."""
    with torch._inductor.config.patch(fallback_random=False):
        yield


def drawing(seed: int | None) -> Workload:
    return Workload(Drawing().eval(), {"s": CALL}, seed=seed)


@pytest.mark.parametrize("seed", [None, 3])
def test_inductor_draws_as_eager_does_where_calls_are_seeded(seed: int | None) -> None:
    before_calls_of(drawing(seed))
    assert torch._inductor.config.fallback_random == (seed is not None)
    assert ("random" in runtime_facts("cpu")) == (seed is not None)


@pytest.mark.slow
@pytest.mark.skipif(missing_compiler() is not None, reason=str(missing_compiler()))
def test_a_compiled_call_has_eagers_random_numbers() -> None:
    workload = drawing(3)
    before = before_calls_of(workload)
    call = VariantRunner(built_in().named("compile"), "cpu").applied(workload.module, CALL)
    with torch.inference_mode():
        call(*CALL)
        for number in range(3):
            before(number)
            right = workload.module(*CALL)
            before(number)
            torch.testing.assert_close(call(*CALL), right)
