"""One worker's turn: the calls it makes before the next worker's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from jitgate.model.surroundings import Surroundings


@dataclass(frozen=True)
class StageTime:
    """One stage in one call, in seconds. first_s: from the start of the call to the end of the stage's first call."""

    stage: str
    spent_s: float
    first_s: float
    calls: int


@dataclass(frozen=True)
class Turn:
    """The calls one worker made before the next one's turn; the first is cold.

    level_bytes: its memory afterwards. recompiles: recompilations inside the turn, cause -> count. levels: of a process
    that ran for this turn alone, (calls so far, memory then); empty for one that goes on. stage_times: for each call of
    a pipeline, its stages; empty for anything else. surroundings: what ran next to it in the process.
    seen: what calls gave whose output was looked at, by type and sizes -> their numbers. not_finite: numbers of those
    whose output holds NaN or Inf. kept: number of those whose output was kept -> what its file would hold; None where
    there is a file. looked: how many were looked at right after the call before, and have numbers enough to be told
    from it; repeats: numbers of those that gave the very same.
    looking_s: what looking at outputs and keeping them took, outside of every call; looking_cpu_s: the same without
    what other work on the machine adds; unpacking_s: the median time in which an output came apart into its tensors;
    making_s: the median time in which a call's inputs were made; the latter two None of no call. edited: the durations
    are not those that were measured. waited_s: for a processor that something else had, since the turn before.
    replaced: functions that jitgate measures with and that are others now. late: for calls that were kept and next to
    which other threads of Python's live, the processor time that these took after the call, as a share of the call's
    time.
    """

    wall_ns: tuple[int, ...]
    device_ns: tuple[int, ...]
    level_bytes: int = 0
    recompiles: Mapping[str, int] = field(default_factory=dict)
    levels: tuple[tuple[int, int], ...] = ()
    stage_times: tuple[tuple[StageTime, ...], ...] = ()
    surroundings: Surroundings = field(default_factory=Surroundings)
    seen: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    not_finite: tuple[int, ...] = ()
    kept: Mapping[int, bytes | None] = field(default_factory=dict)
    looking_s: float = 0.0
    looking_cpu_s: float = 0.0
    making_s: float | None = None
    unpacking_s: float | None = None
    looked: int = 0
    repeats: tuple[int, ...] = ()
    edited: bool = False
    waited_s: float = 0.0
    replaced: tuple[str, ...] = ()
    late: tuple[float, ...] = ()
