"""What the outputs of timed calls showed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class TimedOutputs:
    """compared: timed calls whose output was compared with eager's for the same inputs; drawn at random.

    problem: why no figure of the worker is believed, in one sentence; "" where nothing was found. differs: the worst
    relative L2 distance of those calls. fixed: why the inputs did not change from call to call; "" where they did.
    share: of the time of the turns, what keeping and comparing took; outside of every call. unproven: why
    outputs don't tell a computed answer from a stored one; "" where they do.
    """

    compared: int = 0
    problem: str = ""
    differs: float = 0.0
    fixed: str = ""
    share: float = 0.0
    unproven: str = ""


def all_timed_outputs(found: Iterable[TimedOutputs | None]) -> TimedOutputs | None:
    """One for several sets of processes: the first problem stands for all. None where none was looked at."""
    every = [each for each in found if each is not None]
    if not every:
        return None
    return TimedOutputs(
        sum(each.compared for each in every),
        next((each.problem for each in every if each.problem), ""),
        max((each.differs for each in every), default=0.0),
        next((each.fixed for each in every if each.fixed), ""),
        max((each.share for each in every), default=0.0),
        next((each.unproven for each in every if each.unproven), ""),
    )
