"""A path that an option gives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from jitgate.model.errors import UsageError
from jitgate.model.option_path import option_path


def test_it_is_taken_from_where_pytest_was_started_and_home_is_known(tmp_path: Path) -> None:
    assert option_path("--x", "a b", tmp_path) == (tmp_path / "a b").resolve()
    assert option_path("--x", "~/model", tmp_path) == Path("~/model").expanduser().resolve()


@pytest.mark.parametrize("given", ["", " "])
def test_an_empty_name_is_not_the_same_as_no_option(tmp_path: Path, given: str) -> None:
    with pytest.raises(UsageError, match=r"^--x is given no path"):
        option_path("--x", given, tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="names may be longer there")
def test_what_can_t_be_followed_is_one_sentence(tmp_path: Path) -> None:
    given = "a" * 300
    with pytest.raises(UsageError, match=rf"^--x {given}: this path can't be followed \(OSError: "):
        option_path("--x", given, tmp_path)
