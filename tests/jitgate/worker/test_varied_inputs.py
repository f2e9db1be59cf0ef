"""Inputs that differ from call to call: what changes, what stays, and that all workers get the same."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from jitgate.worker.varied_inputs import VariedInputs, is_data, is_rows_of_ids

X = torch.randn(3, 8, 16)


def test_equal_numbers_give_equal_inputs_in_every_worker() -> None:
    one, other = VariedInputs([(X, 1)]), VariedInputs([(X.clone(), 1)])
    for number in (0, 7, 1023, 1024, 5000):
        assert torch.equal(one.call(number, 3)[0], other.call(number, 3)[0])
    assert one.call(0, 3)[1] == 1
    assert not torch.equal(one.call(0, 3)[0], one.call(0, 4)[0])


def test_no_call_gets_the_inputs_of_another() -> None:
    inputs = VariedInputs([(X,)])
    seen = [inputs.call(number, 0)[0] for number in (*range(50), 1024, 4093, 4093 + 1024)]
    assert len({tensor.numpy().tobytes() for tensor in seen}) == len(seen)


def test_values_keep_sign_zeros_sizes_and_strides() -> None:
    given = X.clone().transpose(0, 2)
    given[0] = 0
    found = VariedInputs([(given,)]).call(5, 0)[0]
    assert (found.shape, found.stride(), found.dtype) == (given.shape, given.stride(), given.dtype)
    assert (found.sign() == given.sign()).all()
    assert (found.abs() <= given.abs()).all()
    assert (found.abs() >= given.abs() / 2).all()
    assert not found.is_inference()


def test_inside_of_inference_mode_they_are_ordinary_tensors() -> None:
    with torch.inference_mode():
        found = VariedInputs([(X, torch.tensor([1, 2]))]).call(5, 0)
    assert [tensor.is_inference() for tensor in found] == [False, False]


def test_without_a_seed_they_are_copies() -> None:
    found = VariedInputs([(X,)]).call(5, None)[0]
    assert torch.equal(found, X)
    assert found.data_ptr() != X.data_ptr()


def test_a_long_tensor_repeats_its_factors_along_the_first_axis() -> None:
    found = VariedInputs([(torch.ones(3, 1 << 19) + torch.arange(1 << 19) % 3,)]).call(1, 0)[0]
    assert torch.equal(found[0], found[2])


@pytest.mark.parametrize(
    "leaf",
    [
        torch.randn(4).expand(3, 4),
        torch.randn(4, 8)[:, ::2],
        torch.zeros(4, 4),
        torch.tensor([[0.0, -torch.inf], [0.0, 0.0]]),
        torch.ones(5, 5).tril(),
        torch.tensor(0.3),
        torch.arange(12),
        torch.randn(4, 4).to_sparse(),
        torch.nn.Parameter(torch.randn(3, 3)),
        0.3,
        "text",
        None,
    ],
)
def test_masks_constants_lone_numbers_and_views_are_no_data(leaf: Any) -> None:
    assert not is_data(leaf)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.complex64])
def test_every_float_is_data(dtype: torch.dtype) -> None:
    given = torch.randn(4, 6, dtype=dtype)
    assert is_data(given)
    found = VariedInputs([(given,)]).call(1, 0)[0]
    assert found.dtype is dtype
    assert not torch.equal(found, given)


def test_rows_of_ids_are_put_in_another_order_where_nothing_else_can_change() -> None:
    ids = torch.tensor([[5, 3, 9, 7, 1, 0, 0, 0], [4, 8, 2, 6, 1, 3, 5, 0]])
    mask, lengths = ids != 0, torch.tensor([5, 7])
    found = VariedInputs([(ids, mask, lengths)]).call(1, 0)
    assert not torch.equal(found[0], ids)
    assert torch.equal(found[0].sort()[0], ids.sort()[0])
    assert torch.equal(found[1], mask)
    assert torch.equal(found[2], lengths)
    with_data = VariedInputs([(ids, X)]).call(1, 0)
    assert torch.equal(with_data[0], ids)
    assert not torch.equal(with_data[1], X)


@pytest.mark.parametrize("leaf", [torch.arange(8)[None], torch.tensor([3, 1, 2, 9]), torch.tensor([[1, 0, 1, 1, 0]])])
def test_positions_lengths_and_masks_are_no_rows_of_ids(leaf: torch.Tensor) -> None:
    assert not is_rows_of_ids(leaf)
    assert not VariedInputs([(leaf,)]).varies
    assert torch.equal(VariedInputs([(leaf,)]).call(3, 0)[0], leaf)


def test_call_after_call_takes_the_next_of_several() -> None:
    inputs = VariedInputs([(torch.randn(2, 4),), (torch.randn(3, 4),)])
    assert [inputs.call(number, 0)[0].shape[0] for number in range(4)] == [2, 3, 2, 3]
    assert inputs.count == 2
