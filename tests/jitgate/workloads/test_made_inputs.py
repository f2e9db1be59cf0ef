"""Scenarios that are functions make the same inputs in every process."""

from __future__ import annotations

import random
from typing import Any

import jitgate
import numpy as np
import pytest
import torch
from jitgate.workloads.made_inputs import MADE_CALLS


class Twice(torch.nn.Module):
    def forward(self, x: torch.Tensor, count: int = 2) -> torch.Tensor:
        return x * count


def values(make: Any) -> list[Any]:
    return [call[0] for call in jitgate.Workload(Twice(), {"s": make}).calls("s")]


def test_each_call_has_inputs_of_its_own_and_every_process_the_same() -> None:
    made, again = (values(lambda: (torch.randn(3),)) for _ in range(2))
    assert len(made) == MADE_CALLS
    assert all(torch.equal(one, other) for one, other in zip(made, again, strict=True))
    assert len({tuple(each.tolist()) for each in made}) == MADE_CALLS


def test_every_generator_is_seeded_and_goes_on_as_if_nothing_had_been() -> None:
    def drawn() -> list[float]:
        return [random.random(), float(np.random.rand()), float(torch.rand(()))]  # noqa: NPY002

    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    before = drawn()
    torch.manual_seed(1)
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    assert values(lambda: (torch.tensor(drawn()),))[2].tolist() != pytest.approx(before)
    assert drawn() == before


def test_a_function_may_ask_for_the_number_of_the_call() -> None:
    assert values(lambda number: (torch.full((2,), float(number)),))[3].tolist() == [3.0, 3.0]
    assert values(lambda factor=5: (torch.full((1,), float(factor)),))[3].tolist() == [5.0], "a default stays"


def test_calls_by_keyword_are_made_too() -> None:
    made = jitgate.Workload(Twice(), {"s": lambda: jitgate.Call((torch.ones(1),), {"count": 3})}).calls("s")
    assert made[0].kwargs == {"count": 3}  # type: ignore[attr-defined]


def test_what_is_made_once_stays() -> None:
    workload = jitgate.Workload(Twice(), {"s": lambda: (torch.randn(3),)})
    assert workload.calls("s")[0][0] is workload.calls("s")[0][0]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda one, two: (one, two), "scenario 's': its function must take nothing, or the number of the call"),
        (lambda: torch.ones(3), "or a function that returns one, not Tensor"),
        (lambda: (), "scenario 's' does not fit Twice.forward"),
    ],
)
def test_what_is_wrong_is_one_sentence(make: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        jitgate.Workload(Twice(), {"s": make})
