"""Ids of cells, and patterns for them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.model.cell import Cell, CellPattern
from jitgate.model.errors import UsageError

FIELDS = st.text("abAB019_.+-=,", min_size=1, max_size=8)

CELLS = [
    Cell("cosy.flow", "5s", "eager"),
    Cell("cosy.flow", "5s", "a=inductor+bf16,b=eager"),
    Cell("cosy.flow", "first_chunk", "torchscript"),
    Cell("my.mlp", "short", "torchscript"),
]


@given(st.builds(Cell, FIELDS, FIELDS, FIELDS))
def test_an_id_says_which_cell_it_is(cell: Cell) -> None:
    assert Cell.parse(cell.id) == cell


@pytest.mark.parametrize("text", ["", "a", "a/b", "a//c", "a/b/c/d", "a-b-c"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a workload, a scenario and a variant"):
        Cell.parse(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("*", 4),
        ("cosy.flow", 3),
        ("*/5s", 2),
        ("cosy.flow/5s/*", 2),
        ("*/*/torchscript", 2),
        ("*/*/*inductor+bf16*", 1),
        ("my.mlp/short/torchscript", 1),
        ("MY.*", 0),
    ],
)
def test_a_pattern_matches_field_by_field(text: str, count: int) -> None:
    pattern = CellPattern.parse(text, "--select")
    assert sum(map(pattern.matches, CELLS)) == count


@pytest.mark.parametrize("text", ["", "/", "a//b", "a/b/c/d", "a/b/"])
def test_a_pattern_has_one_to_three_fields(text: str) -> None:
    with pytest.raises(UsageError, match=r"--select .* is not WORKLOAD/SCENARIO/VARIANT"):
        CellPattern.parse(text, "--select")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("other", "there is no workload 'other' (there are: cosy.flow, my.mlp)"),
        ("cosy.flow/7s", "there is no scenario '7s' (there are: 5s, first_chunk)"),
        ("my.mlp/short/eager", "there is no variant 'eager' (there are: torchscript)"),
    ],
)
def test_a_pattern_that_matches_nothing_says_which_field_is_at_fault(text: str, said: str) -> None:
    assert CellPattern.parse(text, "--select").mismatch(CELLS) == said
