"""Relative attention, against the plain formula."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from jitgate.workloads.weights import build_seeded
from jitgate_cosyvoice.v2.attention import RelativeAttention, _align
from jitgate_cosyvoice.v2.position import position_table


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 12), st.integers(0, 5))
def test_align_reads_the_distance_between_query_and_key(batch: int, heads: int, size: int, before: int) -> None:
    keys = before + size
    by_distance = torch.arange(batch * heads * size * (2 * keys - 1), dtype=torch.float32)
    by_distance = by_distance.view(batch, heads, size, 2 * keys - 1)
    query, key = torch.arange(size).unsqueeze(1), torch.arange(keys)
    expected = by_distance[:, :, query, size - 1 - query + key]
    assert torch.equal(_align(by_distance), expected)


def attend_plainly(module: RelativeAttention, x: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """One head and one query at a time, in float64."""
    size, heads, width = x.size(0), module.heads, module.head_width
    table = position_table(size, heads * width)[0].double()
    query, key, value = module.linear_q(x), module.linear_k(x), module.linear_v(x)
    position = module.linear_pos(table)
    rows = []
    for i in range(size):
        mixed = []
        for head in range(heads):
            cut = slice(head * width, (head + 1) * width)
            content = key[:, cut] @ (query[i, cut] + module.pos_bias_u[head])
            distance = torch.stack([position[size - 1 - (i - j), cut] for j in range(size)])
            score = (content + distance @ (query[i, cut] + module.pos_bias_v[head])) / width**0.5
            score[~mask[i]] = -torch.inf
            mixed.append(torch.softmax(score, dim=0) @ value[:, cut])
        rows.append(torch.cat(mixed))
    out: torch.Tensor = module.linear_out(torch.stack(rows))
    return out


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_equals_the_plain_formula(size: int, seed: int) -> None:
    module = build_seeded(lambda: RelativeAttention(width=8, heads=2, dropout=0.0)).double()
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(size, 8, dtype=torch.float64, generator=generator)
    mask = (torch.rand(size, size, generator=generator) < 0.7) | torch.eye(size, dtype=torch.bool)
    got, cache = module(x.unsqueeze(0), mask.unsqueeze(0), position_table(size, 8).double())
    torch.testing.assert_close(got[0], attend_plainly(module, x, mask))
    assert cache.shape == (1, 2, size, 8)


def test_masks_of_other_lengths() -> None:
    module = build_seeded(lambda: RelativeAttention(width=8, heads=2, dropout=0.0))
    x, positions = torch.randn(1, 6, 8, generator=torch.Generator().manual_seed(0)), position_table(6, 8)
    everything, _ = module(x, torch.ones(1, 1, 6, dtype=torch.bool), positions)
    assert torch.equal(module(x, torch.ones(0, 0, 0, dtype=torch.bool), positions)[0], everything)
    assert torch.equal(module(x, torch.ones(1, 1, 9, dtype=torch.bool), positions)[0], everything)


def test_a_cache_of_the_first_positions_changes_nothing_for_the_rest() -> None:
    module = build_seeded(lambda: RelativeAttention(width=8, heads=2, dropout=0.0))
    x, positions = torch.randn(1, 6, 8, generator=torch.Generator().manual_seed(0)), position_table(6, 8)
    mask = torch.ones(1, 6, 6, dtype=torch.bool).tril()
    whole, everything = module(x, mask, positions)
    _, cache = module(x[:, :4], mask[:, :4, :4], position_table(4, 8))
    rest, grown = module(x[:, 4:], mask[:, 4:], positions, cache)
    torch.testing.assert_close(rest, whole[:, 4:])
    torch.testing.assert_close(grown, everything)
