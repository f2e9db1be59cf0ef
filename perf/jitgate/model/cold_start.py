"""What a variant costs before it is steady."""

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


@dataclass
class ColdStart:
    """What came before the steady state, in seconds.

    build_s: of an exported engine, what building its files took, in this run or an earlier one: `built_now` tells,
    `built_at` is the day. fetch_s: what this run spent to have them, by building them (in parallel, starting processes
    included) or by finding them in the cache. Both are None where nothing is exported, but for build_s of a worker that
    builds the module itself. warm_s: the first calls of the process, until they were steady.
    compilation: what torch.compile did up to the end of the first call; None where it was not used.
    """

    build_s: float | None = None
    load_s: float | None = None
    first_call_s: float | None = None
    artefact_bytes: int | None = None
    built_now: bool = False
    built_at: str | None = None
    fetch_s: float | None = None
    warm_s: tuple[float, ...] = ()
    compilation: Compilation | None = None
