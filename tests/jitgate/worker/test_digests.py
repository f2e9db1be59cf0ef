"""Digests of inputs and weights: equal for equal ones, another for others, and the form apart from the values."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from jitgate.worker.digests import content_digests


def inputs(*values: Any) -> str:
    return content_digests(torch.nn.Linear(1, 1), {"short": [values]}, "w")["short"].inputs


ONES = torch.ones(2, 3)


def test_equal_inputs_have_one_digest() -> None:
    assert inputs(ONES, {"length": 3}) == inputs(ONES.clone(), {"length": 3})


@pytest.mark.parametrize("other", [ONES * 2, ONES.double(), ONES.reshape(3, 2), 1.0])
def test_other_inputs_have_another(other: Any) -> None:
    assert inputs(other) != inputs(ONES)


def test_other_values_of_one_form_share_its_half() -> None:
    one, two = inputs(ONES), inputs(ONES * 2)
    assert one.split("-")[0] == two.split("-")[0]
    assert one.split("-")[1] != two.split("-")[1]
    assert inputs(ONES.reshape(3, 2)).split("-")[0] != one.split("-")[0]


def test_weights_of_another_form_have_another_digest() -> None:
    small, large = (
        content_digests(torch.nn.Linear(size, 1), {"short": []}, "w" * 64)["short"].weights for size in (1, 2)
    )
    assert small != large
    assert small.endswith("w" * 12)
