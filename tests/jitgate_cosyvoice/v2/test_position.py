"""The position table: its formula, its middle, and what happens past its end."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from jitgate_cosyvoice.v2.position import LONGEST, RelativePositions, position_table


@given(st.integers(1, 300), st.integers(0, 10_000), st.integers(0, 7))
def test_table_is_sine_and_cosine_of_the_distance(distances: int, at: int, pair: int) -> None:
    row = at % (2 * distances - 1)
    table = position_table(distances, width=16)
    assert table.shape == (1, 2 * distances - 1, 16)
    angle = (distances - 1 - row) * 10_000 ** (-2 * pair / 16)
    assert table[0, row, 2 * pair].item() == pytest.approx(math.sin(angle), abs=1e-4)
    assert table[0, row, 2 * pair + 1].item() == pytest.approx(math.cos(angle), abs=1e-4)


@pytest.mark.parametrize("size", [1, 2, 37, LONGEST])
def test_an_input_gets_the_middle(size: int) -> None:
    module = RelativePositions(8)
    rows = module(torch.zeros(1, size, 8))
    assert rows.shape == (1, 2 * size - 1, 8)
    assert torch.equal(rows, position_table(size, 8))


def test_what_a_cache_holds_counts_as_input() -> None:
    module = RelativePositions(8)
    assert torch.equal(module(torch.zeros(1, 2, 8), 5), position_table(7, 8))
    assert torch.equal(module(torch.zeros(1, 2, 8), LONGEST), position_table(LONGEST + 2, 8))


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("scripted", [False, True])
def test_longer_inputs_rebuild_the_table_for_good(scripted: bool) -> None:
    module: Any = RelativePositions(8)
    if scripted:
        module = torch.jit.script(module)
    assert module.table.size(1) == 2 * LONGEST - 1
    rows = module(torch.zeros(1, LONGEST + 1, 8))
    assert torch.equal(rows, position_table(LONGEST + 1, 8))
    assert module.table.size(1) == 2 * LONGEST + 1
    assert torch.equal(module(torch.zeros(1, 5, 8)), position_table(5, 8)), "shorter inputs still get their own rows"


def test_the_table_follows_the_input_and_stays() -> None:
    module = RelativePositions(8)
    module.to(torch.float16)
    assert module.table.dtype is torch.float32, "casting the module leaves the table alone"
    assert module(torch.zeros(1, 3, 8, dtype=torch.float16)).dtype is torch.float16
    assert module.table.dtype is torch.float16
    assert not module.state_dict()


def test_built_on_meta_it_still_has_numbers() -> None:
    with torch.device("meta"):
        module = RelativePositions(8)
    assert torch.equal(module.table, position_table(LONGEST, 8))
