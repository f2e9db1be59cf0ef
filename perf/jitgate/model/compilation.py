"""What torch.compile did in a process."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Compilation:
    """All that torch.compile did in one process, by torch's own counters.

    spent_s: seconds in all. reading_s: of these, reading the Python and making guards: no cache keeps that, and every
    process spends it. built: graphs that inductor turned into machine code. found: graphs that its cache had.
    uncached: of those built, the ones that its cache can't hold. scenario: of the first call. first_s, first_on: where
    all were found in torch's cache, what the process that built them spent, and the day, where that is known.
    """

    spent_s: float
    reading_s: float
    built: int
    found: int
    uncached: int = 0
    scenario: str = ""
    first_s: float | None = None
    first_on: str | None = None
