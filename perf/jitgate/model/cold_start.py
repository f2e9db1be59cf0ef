"""What a variant costs before it is steady."""

from __future__ import annotations

from dataclasses import dataclass

from jitgate.model.compilation import Compilation


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
