"""Sizes as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.model.errors import UsageError
from jitgate.model.size import format_bytes, parse_bytes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("4GiB", 4 << 30),
        ("350 MiB", 350 << 20),
        ("1.5 GB", 1_500_000_000),
        ("2kb", 2000),
        ("512B", 512),
        (" 1TiB ", 1 << 40),
    ],
)
def test_sizes_are_read(text: str, expected: int) -> None:
    assert parse_bytes(text, "here") == expected


@pytest.mark.parametrize(
    "text", ["4 parsecs", "", "GiB", "-1GiB", "4", "4 G", "0MiB", 4, None, 4.5, "1e3MB", "4GiB 2MiB"]
)
def test_anything_else_is_refused_with_its_place(text: object) -> None:
    with pytest.raises(UsageError, match=r"^pyproject\.toml, ceiling: .* write "):
        parse_bytes(text, "pyproject.toml, ceiling")


@given(st.integers(min_value=1, max_value=1 << 45))
def test_what_is_shown_is_near_what_it_was(size: int) -> None:
    shown = format_bytes(size)
    half_a_digit = {"B": 0.5, "KiB": 512, "MiB": 1 << 19, "GiB": 0.005 * (1 << 30) + 1}[shown.split()[1]]
    read = parse_bytes(shown, "here") if not shown.startswith("0") else 0
    assert abs(read - size) <= half_a_digit
