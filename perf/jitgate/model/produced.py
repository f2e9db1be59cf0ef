"""What a call makes that people count."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Produced:
    """count: how many of `unit` a call makes, as in 32 of "token", or 2.5 of "s of sound"."""

    count: float
    unit: str
