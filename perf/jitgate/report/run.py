"""What a report says of the run itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Run:
    """What a report says of the run itself. facts: the fingerprint's. command: the command line, as it was given."""

    day: date
    facts: Mapping[str, object]
    command: str
