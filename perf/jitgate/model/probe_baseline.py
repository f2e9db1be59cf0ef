"""Does eager repeat itself? The request, and what it is answered with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from jitgate.model.requests import Request


@dataclass(frozen=True)
class EagerProbe:
    """What more calls of eager showed.

    fixed: why the inputs don't change from call to call; "" where they do. others: whether eager takes other values
    all the same. few: how many different inputs there are, where those of an earlier call come back; 0 where none do.
    rows: position of an input -> how many rows the embedding has in which eager looks it up. together: whether ids
    change next to data. changes: the inputs that a call changes in place, by position. differs: why a second call on
    equal inputs gives another output; "" where it gives the same. hooks, overrides: forward hooks, and overrides of
    `__call__`, that run in a call and change no output, by name. updates: buffers and parameters that a call changes,
    by name. parametrised: weights that are computed in every call, by name. inputs: how many calls the scenario has
    inputs for. no_grad: whether it does not run in torch's inference mode, and was called outside.
    """

    fixed: str = ""
    changes: tuple[int, ...] = ()
    differs: str = ""
    hooks: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    parametrised: tuple[str, ...] = ()
    inputs: int = 1
    others: bool = True
    few: int = 0
    rows: Mapping[int, int] = field(default_factory=dict)
    together: bool = False
    no_grad: bool = False
    overrides: tuple[str, ...] = ()

    @property
    def repeated(self) -> str:
        """Why calls get inputs that an earlier call had; "" where none does."""
        return self.fixed or (f"there are only {self.few} different inputs" if self.few else "")


@dataclass(frozen=True)
class ProbeBaseline(Request[EagerProbe]):
    """Call eager a few times more: does it repeat itself, and can its inputs change from call to call?"""

    phase: ClassVar[str] = "calls that show whether eager repeats itself"
    scenario: str
    seed: int
