"""Names of workloads, scenarios and variants: what they may be, and what a file that is named after one is called."""

from __future__ import annotations

import hashlib
import re

LONGEST_NAME = 250
"""Characters. A test's id has three of them, and stands in an environment variable of every process below pytest."""

LONGEST_FILE = 48
"""Characters of one part of a path, a digest aside: three of them and the folders around them stay below the 260 that
Windows gives a whole path."""

DIGEST = 20
"""Characters that stand for the rest of a longer name."""

_NAME = re.compile(r"[^\W_][\w.+-]*")

_UNSAFE = re.compile(r"[^a-z0-9_.+=,-]|^\.|\.$|^(?=(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)).")
"""Capitals too, which some file systems do not tell from small letters, and names that Windows keeps for devices."""


def name_problem(name: str) -> str:
    """Why `name` can be no name, as the end of a sentence; "" where it can."""
    if len(name) > LONGEST_NAME:
        return f"a name has at most {LONGEST_NAME} characters, and this one has {len(name)}"
    if _NAME.fullmatch(name) is None:
        return "a name is letters, digits, '_', '.', '+' and '-' (it becomes part of a test id)"
    return ""


def file_name(name: str) -> str:
    """The name itself where every file system takes it; else with `%` and the code of what it does not take."""
    safe = _UNSAFE.sub(lambda found: "".join(f"%{byte:02x}" for byte in _bytes(found[0])), name)
    if len(safe) <= LONGEST_FILE:
        return safe or "%"
    return f"{safe[:LONGEST_FILE]}%{hashlib.sha256(_bytes(name)).hexdigest()[:DIGEST]}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
