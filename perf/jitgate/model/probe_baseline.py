"""Does eager repeat itself? The request, and what it is answered with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from jitgate.model.requests import Request


@dataclass(frozen=True)
class EagerProbe:
    """What more calls of eager showed.

    fixed: why the inputs can't change from call to call; "" where they can. changes: the inputs that a call changes in
    place, by position. differs: why a second call on equal inputs gives another output; "" where it gives the same.
    hooks: forward hooks that run in a call and change no output, by name. updates: buffers and parameters that a call
    changes, by name. parametrised: weights that are computed in every call, by name. inputs: how many calls the
    scenario has inputs for.
    """

    fixed: str = ""
    changes: tuple[int, ...] = ()
    differs: str = ""
    hooks: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    parametrised: tuple[str, ...] = ()
    inputs: int = 1


@dataclass(frozen=True)
class ProbeBaseline(Request[EagerProbe]):
    """Call eager a few times more: does it repeat itself, and can its inputs change from call to call?"""

    phase: ClassVar[str] = "calls that show whether eager repeats itself"
    scenario: str
    seed: int
