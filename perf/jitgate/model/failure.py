"""How a worker can fail, in words that a user can act on."""

from __future__ import annotations

import enum
import signal
from dataclasses import dataclass

from jitgate.worker.memory_cap import mib
from jitgate.worker.out_of_memory import WORDS, Shortage


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


def of_death(
    name: str, code: int | None, request: str | None, last_words: str, ceiling_bytes: int | None
) -> tuple[FailureKind, str, Shortage | None]:
    """What a worker died of. Native code that gets no memory may end the process instead of saying so to Python."""
    where = f" in {request}" if request else ""
    died = f"worker {name} {exit_words(code)}{where}"
    starved = WORDS.search(last_words)
    if starved is None:
        return FailureKind.DIED, died, None
    cap = f" under the enforced {mib(ceiling_bytes)}" if ceiling_bytes else ""
    sentence = f"{died}, because memory ran out{cap} ({starved[0]})"
    return FailureKind.OUT_OF_MEMORY, sentence, Shortage(None, ceiling_bytes)


def exit_words(code: int | None) -> str:
    """An exit code as a person would say it."""
    if code is None:
        return "ended without an exit code"
    if code >= 0:
        return f"exited with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (by a person, or by the kernel when memory runs out)" if name == "SIGKILL" else ""
    return f"was killed by {name}{hint}"
