"""Keys of what is cached by content."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping


def digest_of(facts: Mapping[str, object]) -> str:
    """One key for a set of facts, 20 hex digits: enough for a million keys to be distinct."""
    lines = "\n".join(f"{name}={facts[name]}" for name in sorted(facts))
    return hashlib.sha256(lines.encode()).hexdigest()[:20]
