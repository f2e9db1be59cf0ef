"""Inputs that differ from call to call: what changes, what stays, and that all workers get the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from jitgate.worker.variation_plan import FEW, is_data, is_rows_of_ids, tensor_of
from jitgate.worker.varied_inputs import VariedInputs

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
    tensor = tensor_of(leaf)
    assert tensor is None or not is_data(tensor)
    with_data = VariedInputs([(leaf, X)]).call(3, 0)
    assert not torch.equal(with_data[1], X)
    assert with_data[0] is leaf or torch.equal(with_data[0].to_dense(), leaf.to_dense())


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


def test_ids_change_next_to_data_where_that_is_asked_for() -> None:
    ids = torch.tensor([[5, 3, 9, 7, 1, 0, 0, 0], [4, 8, 2, 6, 1, 3, 5, 0]])
    label, positions, count = torch.tensor([3]), torch.arange(8), torch.tensor([7])
    inputs = VariedInputs([(ids, X, label, positions, count)])
    inputs.look_up({2: 1000, 3: 8}, together=True)
    assert inputs.mixed
    found = inputs.call(1, 0)
    assert [torch.equal(*each) for each in zip(found, (ids, X, label, positions, count), strict=True)] == [
        *(False, False, False),
        *(True, True),
    ]
    inputs.look_up({2: 1000, 3: 8})
    assert not inputs.mixed
    assert torch.equal(inputs.call(1, 0)[0], ids)


@pytest.mark.parametrize("leaf", [torch.arange(8)[None], torch.tensor([3, 1, 2, 9]), torch.tensor([[1, 0, 1, 1, 0]])])
def test_positions_lengths_and_masks_are_no_rows_of_ids(leaf: torch.Tensor) -> None:
    assert not is_rows_of_ids(leaf)
    found = VariedInputs([(leaf, X)]).call(3, 0)
    assert torch.equal(found[0], leaf)


LONE = {
    "image": torch.randint(0, 256, (1, 3, 8, 16), dtype=torch.uint8),
    "row": torch.randint(0, 90, (40,)),
    "ones": torch.ones(1, 3, 8, 8),
    "zeros": torch.zeros(1, 3, 8, 8),
    "array": np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32),
    "view": torch.randn(4, 8)[:, ::2],
    "expanded": torch.randn(4).expand(3, 4),
    "time": torch.tensor(0.3),
}


@pytest.mark.parametrize("name", LONE)
def test_what_is_alone_changes_where_it_can(name: str) -> None:
    inputs = VariedInputs([(LONE[name],)])
    one, other, again = (torch.as_tensor(inputs.call(number, 0)[0]) for number in (1, 2, 1))
    given = torch.as_tensor(LONE[name])
    assert inputs.ways >= FEW
    assert (one.shape, one.dtype) == (given.shape, given.dtype)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert type(inputs.call(1, 0)[0]) is type(LONE[name])


@pytest.mark.parametrize("leaf", [torch.arange(12), torch.tensor(3), torch.ones(2, 8, dtype=torch.bool), 3, "text"])
def test_what_can_only_be_one_thing_has_one_way(leaf: Any) -> None:
    assert VariedInputs([(leaf,)]).ways == 1


def test_few_orders_are_counted() -> None:
    assert VariedInputs([(torch.tensor([[3, 1, 2, 2]]),)]).ways == 12
    assert VariedInputs([(torch.tensor([[3, 1, 2, 9], [3, 4, 2, 5]]),)]).ways == 24


@pytest.mark.parametrize(
    "ids", [torch.zeros(1, 8, dtype=torch.int64), torch.tensor([[5]]), torch.tensor([[3, 1, 2, 2]])]
)
def test_ids_that_have_no_orders_are_drawn_from_the_rows_of_their_embedding(ids: torch.Tensor) -> None:
    inputs = VariedInputs([(ids,)])
    inputs.look_up({0: 5000})
    drawn = torch.cat([inputs.call(number, 0)[0].reshape(-1) for number in range(300)])
    assert inputs.ways >= min(5000 ** ids.numel(), FEW)
    assert 0 <= drawn.min() < 500
    assert 4500 < drawn.max() < 5000


def test_positions_that_are_looked_up_get_another_order() -> None:
    inputs = VariedInputs([(torch.arange(40)[None],)])
    inputs.look_up({0: 50})
    found = inputs.call(1, 0)[0]
    assert not torch.equal(found, torch.arange(40)[None])
    assert torch.equal(found.sort()[0], torch.arange(40)[None])


def test_call_after_call_takes_the_next_of_several() -> None:
    inputs = VariedInputs([(torch.randn(2, 4),), (torch.randn(3, 4),)])
    assert [inputs.call(number, 0)[0].shape[0] for number in range(4)] == [2, 3, 2, 3]
    assert inputs.count == 2
