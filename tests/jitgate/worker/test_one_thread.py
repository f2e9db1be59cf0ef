"""Arithmetic in the calling thread: the same numbers, in parts that torch does not split among its threads."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from jitgate.worker import one_thread

SPLIT = 1 << 15
"""Values from which on torch may ask other threads (ATen/TensorIterator.h, `at::internal::GRAIN_SIZE`)."""

SIZES = st.lists(st.sampled_from([1, 2, 3, 7, 130, 16_383, 16_385, 40_000]), min_size=0, max_size=4).filter(
    lambda sizes: math.prod(sizes) <= 1 << 18
)


@given(SIZES, st.integers(0, 3), st.sampled_from([torch.float32, torch.float16, torch.float64, torch.complex64]))
def test_parts_make_up_the_whole(sizes: list[int], axes: int, dtype: torch.dtype) -> None:
    whole = torch.randn(sizes).to(dtype)
    factors = torch.rand(sizes[axes:] if axes < len(sizes) else sizes[-1:])
    found, right = torch.empty_like(whole), torch.empty_like(whole)
    torch.mul(whole, factors, out=right)
    one_thread.multiply(whole, factors, found)
    assert torch.equal(found, right)
    one_thread.copy(factors, found)
    assert torch.equal(found, factors.expand(whole.shape).to(dtype))


def test_another_order_in_memory_is_taken_too() -> None:
    whole = torch.randn(40, 30, 50).transpose(0, 2)
    found = torch.empty_like(whole)
    one_thread.multiply(whole, torch.rand(50, 30, 40), found)
    assert found.stride() == whole.stride()
    assert (found.abs() <= whole.abs()).all()


@pytest.mark.parametrize(("sizes", "last"), [((200_000, 3), 1), ((1_000_000,), 0), ((2, 300, 1000), 1)])
def test_no_part_is_split_among_threads(sizes: tuple[int, ...], last: int) -> None:
    whole, out = torch.randn(sizes), torch.empty(sizes)
    with torch.profiler.profile(record_shapes=True) as profile:
        one_thread.multiply(whole, torch.rand(sizes[last:]), out)
        one_thread.copy(torch.rand(sizes[last:]), out)
    worked = [event for event in profile.events() if event.name in ("aten::mul", "aten::copy_")]
    parts = [math.prod(event.input_shapes[0]) for event in worked]
    assert sum(parts) >= 2 * math.prod(sizes)
    assert max(parts) < SPLIT
