"""Some timed calls of one worker: the request. What it is answered with is a `Turn`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from jitgate.model.requests import Request
from jitgate.model.turn import Turn


@dataclass(frozen=True)
class TakeTurn(Request[Turn]):
    """Time `count` calls from input number `start`; the first one is cold.

    seed: of the inputs that each call gets, which are those of the scenario changed by its number; None for the
    scenario's own, copied. keep: number of a call -> file that gets its output where that is large, an array after the
    other as `np.save` writes it. looking: from which call on, counted from `start`, others are looked at, as many as
    are paid for. rows, together: what `EagerProbe` says. forgiving: an exception in a call ends the turn, which then
    has no calls, and fails nothing.
    """

    phase: ClassVar[str] = "a call"
    capped: ClassVar[bool] = True
    scenario: str
    start: int
    count: int
    seed: int | None = None
    keep: Mapping[int, Path] = field(default_factory=dict)
    looking: int = 0
    rows: Mapping[int, int] = field(default_factory=dict)
    together: bool = False
    forgiving: bool = False
