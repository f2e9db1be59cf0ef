"""Whatever others have written, nothing of it commands a terminal or a CI."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jitgate.model.printable import printable, printable_line

COMMANDS = ("::", "::error::", "::add-mask::x", "##[error]", "##vso[task", "##teamcity[x", "#", "[")
SIGNS = ("\x1b[31m", "\x1b]0;x\x07", "\x9b31m", *"\r\n\v\x85\u2028\u202e\u2066\ufeff\u3000\u00a0\0\ud800 a")
LOUD = st.sampled_from([*COMMANDS, *SIGNS])
texts = st.lists(LOUD | st.text(max_size=5)).map("".join)

WAKES = re.compile(r"#\w*\[")


def runner_lines(text: str) -> list[str]:
    """As a CI splits its log; more signs than any of them takes for an end of line."""
    return text.splitlines()


@given(texts)
def test_no_line_commands_anything(text: str) -> None:
    shown = printable(text)
    for line in runner_lines(shown):
        assert not line.lstrip().startswith("::")
        assert not any(line[: found.start()].endswith("#") for found in WAKES.finditer(line))
    for sign in shown:
        assert sign in "\n\t" or unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    shown.encode("utf-8")


@given(texts)
def test_a_second_time_changes_nothing(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@given(texts)
def test_a_line_is_one_line(text: str) -> None:
    assert len(runner_lines(printable_line(text))) <= 1


@given(st.text(alphabet=st.characters(categories=["L", "M", "N", "Zs"])))
def test_words_of_any_language_stay(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tests/test_a.py::test_b failed", "tests/test_a.py::test_b failed"),
        ("::error::no", ": :error::no"),
        ("a\n \u3000::set-output name=x::y", "a\n \u3000: :set-output name=x::y"),
        ("said ##[error]no", "said # #[error]no"),
        ("###vso[x]", "## #vso[x]"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\u202eb", "a\\u202eb"),
        ("50 %\r100 %", "50 %100 %"),
        ("\ud800", "\\ud800"),
        ("# a heading, [1] and #2", "# a heading, [1] and #2"),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert printable(text) == shown
