"""Text of others (names, exceptions, what a model prints) as it may be written to a terminal or into the log of a CI.

Everything of that kind goes through `printable` where it leaves jitgate. Standard library only: the plugin's entry
point loads this file by its place.
"""

from __future__ import annotations

import re
import unicodedata

ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])|[\x00-\x08\x0b-\x1f\x7f]")
"""Colours and other control codes of terminals (ECMA-48), which a report would show as they are."""

_SHOWN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Unicode categories that are not seen and change how the rest is read: controls, directions (RTL overrides), halves
of pairs, private signs, and separators of lines that only some readers take for one."""

_COMMAND_LINE = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)
"""`::error::text` is a command to GitHub's runner at the beginning of a line, after blanks of any kind."""

_COMMAND = re.compile(r"#(?=#\w*\[)")
"""`##[error]` (GitHub's older commands), `##vso[` (Azure) and `##teamcity[`: anywhere in a line."""


def printable(text: str) -> str:
    """`text` without escape sequences, with every other invisible sign spelt out, and no command to a CI in it.

    Line feeds and tabs stay. A second time changes nothing.
    """
    shown = "".join(_spelt(sign) for sign in ESCAPES.sub("", text))
    return _COMMAND.sub("# ", _COMMAND_LINE.sub(r"\1: ", shown))


def printable_line(text: str) -> str:
    """As `printable`, on one line: line feeds are spelt out."""
    return printable(text.replace("\n", "\\n"))


def encodable(text: str, encoding: str | None) -> str:
    """`text` for a stream of that encoding: a sign that it has not is spelt out (a pipe on Windows has few)."""
    return text.encode(encoding or "utf-8", "backslashreplace").decode(encoding or "utf-8")


def _spelt(sign: str) -> str:
    if sign in "\n\t" or unicodedata.category(sign) not in _SHOWN:
        return sign
    return sign.encode("unicode_escape").decode("ascii")
