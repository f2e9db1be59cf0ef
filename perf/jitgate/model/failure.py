"""How a worker can fail, in words that a user can act on."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from jitgate.model.out_of_memory import Shortage


class FailureKind(enum.StrEnum):
    """What happened to a worker."""

    DIED = "died"
    HUNG = "hung"
    RAISED = "raised"
    UNAVAILABLE = "unavailable"
    OUT_OF_MEMORY = "out of memory"


@dataclass(frozen=True)
class Failure:
    """`sentence` says what happened; `details` are the worker's last words (traceback, end of its stderr).

    shortage: the numbers of an allocation that failed, where memory was the reason.
    """

    kind: FailureKind
    sentence: str
    details: str = ""
    shortage: Shortage | None = None

    def __str__(self) -> str:
        return f"{self.sentence}\n{self.details}" if self.details else self.sentence
