"""How a worker can fail, in words that a user can act on."""

from __future__ import annotations

from dataclasses import dataclass

from jitgate.model.out_of_memory import OutOfMemory
from jitgate.model.str_enum import StrEnum


class FailureKind(StrEnum):
    """What happened to a worker. WRONG_SOURCE: it imported another commit than it should. USAGE is raised on
    the host as `UsageError`, and never stored."""

    DIED = "died"
    HUNG = "hung"
    RAISED = "raised"
    UNAVAILABLE = "unavailable"
    OUT_OF_MEMORY = "out of memory"
    WRONG_SOURCE = "wrong source"
    USAGE = "usage"


@dataclass(frozen=True)
class Failure:
    """`sentence` says what happened; `details` are the traceback and the end of its output.

    out_of_memory: the numbers of an allocation that failed, where memory was the reason.
    """

    kind: FailureKind
    sentence: str
    details: str = ""
    out_of_memory: OutOfMemory | None = None

    def __str__(self) -> str:
        return f"{self.sentence}\n{self.details}" if self.details else self.sentence


@dataclass(frozen=True)
class RequestError:
    """What a worker answers where a request failed. message: one sentence or the first line of what was raised."""

    kind: FailureKind
    message: str
    traceback: str = ""
    out_of_memory: OutOfMemory | None = None
