"""Masks, against their definitions."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st
from jitgate_cosyvoice.v2.masks import attention_mask, padding_mask

lengths = st.lists(st.integers(0, 20), min_size=1, max_size=4)


@given(lengths, st.integers(1, 20), st.sampled_from([torch.int32, torch.int64]))
def test_padding_mask(valid: list[int], size: int, dtype: torch.dtype) -> None:
    mask = padding_mask(torch.tensor(valid, dtype=dtype), size)
    assert mask.tolist() == [[[position < length for position in range(size)]] for length in valid]


@given(lengths, st.integers(1, 20), st.integers(1, 7))
def test_streaming_sees_its_own_chunk_and_the_past(valid: list[int], size: int, chunk: int) -> None:
    padding = padding_mask(torch.tensor(valid), size)
    got = attention_mask(padding, chunk, streaming=True)
    for row, length in enumerate(valid):
        for query in range(size):
            seen = [key < length and key < (query // chunk + 1) * chunk for key in range(size)]
            assert got[row, query].tolist() == (seen if any(seen) else [True] * size)


@given(lengths, st.integers(1, 20))
def test_without_streaming_only_padding_is_hidden(valid: list[int], size: int) -> None:
    padding = padding_mask(torch.tensor(valid), size)
    kept = padding.clone()
    got = attention_mask(padding, 25, streaming=False)
    assert got.tolist() == [[[length == 0 or key < length for key in range(size)]] for length in valid]
    assert torch.equal(padding, kept), "the mask that the encoder returns is left alone"
