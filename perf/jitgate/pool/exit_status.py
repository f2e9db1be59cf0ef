"""Why a worker process ended, from its exit code and the end of its output."""

from __future__ import annotations

import signal

from jitgate.model.failure import FailureKind
from jitgate.model.out_of_memory import WORDS, OutOfMemory
from jitgate.model.size import mib

UNASKED = "it called os._exit, or touched file descriptors that it had not opened"
"""Why a process ends well in the middle of a request: execnet ends it where its pipe is closed or spoilt."""


def of_death(
    name: str, code: int | None, phase: str | None, last_words: str, memory_limit_bytes: int | None
) -> tuple[FailureKind, str, OutOfMemory | None]:
    """Why a worker process ended. phase: what it did.

    Native code that gets no memory may end the process without a Python error.
    """
    where = f" in {phase}" if phase else ""
    died = f"worker {name} {exit_words(code)}{where}"
    said = WORDS.search(last_words)
    if said is None:
        return FailureKind.DIED, died, None
    cap = f" under the enforced {mib(memory_limit_bytes)}" if memory_limit_bytes else ""
    sentence = f"{died}, because memory ran out{cap} ({said[0]})"
    return FailureKind.OUT_OF_MEMORY, sentence, OutOfMemory(None, memory_limit_bytes)


def exit_words(code: int | None) -> str:
    """An exit code as a person would say it."""
    if code is None:
        return "ended without an exit code"
    if code == 0:
        return f"exited with code 0 ({UNASKED})"
    if code > 0:
        return f"exited with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    hint = " (by a person, or by the kernel when memory runs out)" if name == "SIGKILL" else ""
    return f"was killed by {name}{hint}"
