"""Is the output still the right one?"""

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from perf.workers.parity import distance

X = torch.tensor([3.0, 4.0])


def test_equal_outputs_have_no_distance() -> None:
    assert distance([X, torch.tensor([True]), "text"], [X.clone(), torch.tensor([True]), "text"]) == 0.0


@given(st.floats(min_value=1e-6, max_value=10.0))
def test_the_distance_is_relative_to_the_right_answer(factor: float) -> None:
    found = distance([X.double() * (1 + factor)], [X.double()])
    assert found == pytest.approx(factor, rel=1e-6)


def test_the_worst_leaf_counts() -> None:
    assert distance([X, X * 1.5], [X, X]) == pytest.approx(0.5)


def test_half_precision_is_compared_in_double() -> None:
    assert 0 < distance([(X / 3).half()], [X / 3]) < 1e-3


@pytest.mark.parametrize(
    ("found", "right"),
    [
        ([X], [X, X]),
        ([torch.tensor([3.0])], [X]),
        ([torch.tensor([3.0, math.nan])], [X]),
        ([torch.tensor([3.0, math.inf])], [X]),
        ([torch.tensor([1])], [torch.tensor([2])]),
        ([torch.tensor([True])], [torch.tensor([False])]),
        (["a"], ["b"]),
        ([X], ["b"]),
        ([X], [torch.zeros(2)]),
    ],
    ids=["count", "shape", "nan", "inf", "integers", "masks", "text", "kind", "right answer is zero"],
)
def test_what_can_not_be_a_rounding_error_is_infinitely_far(found: list[Any], right: list[Any]) -> None:
    assert distance(found, right) == math.inf


def test_zero_is_at_zero_from_zero() -> None:
    assert distance([torch.zeros(2)], [torch.zeros(2)]) == 0.0
    assert distance([torch.zeros(0)], [torch.zeros(0)]) == 0.0
