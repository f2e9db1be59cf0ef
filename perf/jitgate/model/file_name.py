"""A name as part of a path: another one for every name, on every file system."""

from __future__ import annotations

import hashlib
import re

MOST_CHARACTERS = 48
"""Of a name; three of them and the folders around them stay below the 260 characters that Windows gives a path."""

DIGEST_CHARACTERS = 20
"""Of what stands for the rest of a longer name."""

UNSAFE = re.compile(r"[^a-z0-9_.+=,-]|^\.|\.$|^(?=(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)).")
"""Capitals too, which some file systems do not tell from small letters, and names that Windows keeps for devices."""


def file_name(name: str) -> str:
    """`name` itself where every file system takes it; else with `%` and the code of what it does not take, and the end
    of a long one by its digest. ASCII, of `MOST_CHARACTERS` and a digest at most."""
    safe = UNSAFE.sub(lambda found: "".join(f"%{byte:02x}" for byte in found[0].encode("utf-8", "surrogatepass")), name)
    if len(safe) <= MOST_CHARACTERS:
        return safe or "%"
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{safe[:MOST_CHARACTERS]}%{digest[:DIGEST_CHARACTERS]}"
