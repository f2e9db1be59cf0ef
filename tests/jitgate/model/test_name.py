"""Names of any script, up to a length: each is a file of its own on every file system."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.model.name import LONGEST_NAME, file_name, name_problem

ANY = st.text(min_size=1, max_size=LONGEST_NAME)
NAMES = st.from_regex(r"[^\W_][\w.+-]{0,249}", fullmatch=True)


@given(NAMES)
def test_letters_of_every_script_are_a_name(name: str) -> None:
    assert name_problem(name) == ""


@given(st.one_of(NAMES, ANY.filter(lambda text: not re.search("[\ud800-\udfff]", text))))
def test_every_name_is_a_file_that_every_file_system_takes(name: str) -> None:
    found = file_name(name)
    assert re.fullmatch(r"[a-z0-9_.+=,%-]+", found)
    assert len(found) < 255 - len(".csv.draft") - len(".lock")
    assert not found.startswith(".")
    assert not found.endswith(".")


@given(NAMES, NAMES)
def test_two_names_are_two_files(one: str, other: str) -> None:
    assert (file_name(one) == file_name(other)) == (one == other)


@pytest.mark.parametrize(
    "name", ["", "a/b", "..", "../x", "a\x00b", "-x", "_x", "a b", "a\nb", "\x1b[31m", "\u202egnp", "\ud800", "x" * 251]
)
def test_what_can_be_no_name_is_said(name: str) -> None:
    assert name_problem(name).startswith(("a name has at most 250 characters", "a name is letters, digits"))


@pytest.mark.parametrize(("one", "other"), [("W", "w"), ("n" * 245, "n" * 246), ("é", "e\u0301"), ("con", "Con")])
def test_names_that_look_alike_are_two_files(one: str, other: str) -> None:
    assert file_name(one).lower() != file_name(other).lower()
